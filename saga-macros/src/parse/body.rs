//! The body of a saga: steps, groups, `finally` and the tail. After a mistake, parsing goes on with
//! the next node.

use proc_macro2::TokenStream;
use saga_definition::language;
use syn::Attribute;
use syn::parse::ParseBuffer;

use super::group::group;
use super::look::{self, Start};
use super::node::{Body, is_near_a_kind, not_a_node, recover};
use super::notes::Notes;
use super::{emit, looped, slips, step, when};
use crate::cfg;
use crate::model::Node;

pub(super) fn body<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Body> {
    if !input.peek(syn::token::Brace) {
        let what = "expected `{ … }` with the steps of the saga";
        return Err(input.error(what));
    }
    let content;
    syn::braced!(content in input);
    let mut body = Body::default();
    while !content.is_empty() {
        let begin = content.cursor();
        if look::start(begin) == Start::Tail && !look::step_further_on(begin) {
            body.tail = tail(notes, &content);
            break;
        }
        if let Err(error) = node(notes, &content, &mut body) {
            notes.errors.push(error);
            recover(notes, &content, begin);
        }
        notes.element((begin, content.cursor()), TokenStream::new());
    }
    Ok(body)
}

fn node<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>, body: &mut Body) -> syn::Result<()> {
    let begin = input.cursor();
    match look::start(begin) {
        Start::Step => body.nodes.push(Node::Step(step::step(notes, input)?)),
        Start::Loop => body.nodes.push(Node::Step(looped::looped(notes, input)?)),
        Start::Unknown if is_near_a_kind(begin) => {
            notes.errors.push(not_a_node(begin, Start::Unknown));
            body.nodes.push(Node::Step(step::step(notes, input)?));
        }
        Start::Group => body.nodes.extend(group(notes, input)?),
        Start::When => when::block(notes, input, body)?,
        start @ Start::UnknownGroup => {
            notes.errors.push(not_a_node(begin, start));
            body.nodes.extend(group(notes, input)?);
        }
        Start::Emit => {
            let place = (body.steps(), None);
            body.events.push(emit::emit(notes, input, place)?);
        }
        Start::Publish => {
            let clause = step::of_saga(notes, input, language::Clause::Publish)?;
            if body.publish.is_some() {
                notes.errors.add(
                    clause.span,
                    "a second `publish`",
                    "hand over all events in one of them",
                );
            }
            body.publish.get_or_insert(clause);
        }
        Start::Finally => {
            let clause = step::of_saga(notes, input, language::Clause::Finally)?;
            let next = input.cursor();
            if body.finally.is_some() {
                notes.errors.add(
                    clause.span,
                    "a second `finally`",
                    "move the code of both into one block",
                );
            } else if look::begins_steps(next) || look::step_further_on(next) {
                let what = "`finally` must come after all steps";
                let help = "move it behind the last step, before the expression that ends the saga";
                notes.errors.add(clause.span, what, help);
            }
            body.finally.get_or_insert(clause);
        }
        other => return Err(not_a_node(begin, other)),
    }
    Ok(())
}

fn tail<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>) -> Option<TokenStream> {
    if let Some((attribute, _)) = cfg::attribute(content.cursor()) {
        notes.errors.add(
            attribute.span(),
            "expected a step after this attribute",
            "remove it, or move it to a saga, an input, a service, a step, a block or a clause",
        );
        notes.lost.node = true;
        drop(content.call(Attribute::parse_outer));
    }
    let tail: TokenStream = content.parse().unwrap_or_default();
    if let Some(error) = slips::tail(&tail) {
        notes.errors.push(error);
        notes.lost.node = true;
        return None;
    }
    (!tail.is_empty()).then_some(tail)
}
