//! `when (reads => expr) { … }`: several steps under one condition.

use quote::quote;
use syn::Token;
use syn::parse::ParseBuffer;

use super::condition::open;
use super::group::group;
use super::look::{self, Start};
use super::node::{Body, is_near_a_kind, not_a_node, recover};
use super::notes::Notes;
use super::{emit, looped, step};
use crate::errors::error;
use crate::model::{Condition, Node};

pub(super) fn block<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    body: &mut Body,
) -> syn::Result<()> {
    let (when, content) = open(notes, input)?;
    let first = body.steps();
    let cut_out = nodes(notes, &content, body);
    let steps = first..body.steps();
    // If `#[cfg]` left none of its steps, it is nothing.
    if !(steps.is_empty() && cut_out) {
        body.conditions.push(Condition { when, steps });
    }
    if input.peek(Token![else]) {
        let what = "`else` is not possible yet";
        let help = "write a second `when` block with the opposite condition";
        notes.errors.add(input.span(), what, help);
        look::advance(input);
        look::advance(input);
    }
    Ok(())
}

/// The nodes of a block; whether `#[cfg]` took one out, in whose place `..` stands.
fn nodes<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>, body: &mut Body) -> bool {
    let mut cut_out = false;
    while !content.is_empty() {
        let trace = content.parse::<Option<Token![..]>>();
        if trace.is_ok_and(|trace| trace.is_some()) {
            cut_out = true;
            continue;
        }
        let begin = content.cursor();
        match node(notes, content, body) {
            Ok(inner) => cut_out |= inner,
            Err(error) => {
                notes.errors.push(error);
                recover(notes, content, begin);
            }
        }
        notes.element((begin, content.cursor()), quote!(..));
    }
    cut_out
}

fn node<'a>(
    notes: &mut Notes<'a>,
    content: &ParseBuffer<'a>,
    body: &mut Body,
) -> syn::Result<bool> {
    let begin = content.cursor();
    let span = look::after_attributes(begin).span();
    match look::start(begin) {
        Start::Step => body.nodes.push(Node::Step(step::step(notes, content)?)),
        Start::Loop => body.nodes.push(Node::Step(looped::looped(notes, content)?)),
        Start::Unknown if is_near_a_kind(begin) => {
            notes.errors.push(not_a_node(begin, Start::Unknown));
            body.nodes.push(Node::Step(step::step(notes, content)?));
        }
        Start::Group => match group(notes, content)? {
            Some(group) => body.nodes.push(group),
            None => return Ok(true),
        },
        Start::When => {
            let what = "a `when` block in another is not possible yet";
            let help = "write one block behind the other, with both conditions in the second one";
            notes.errors.add(span, what, help);
            let (_, inner) = open(notes, content)?;
            return Ok(nodes(notes, &inner, body));
        }
        Start::Emit => {
            let place = (body.steps(), Some(body.conditions.len()));
            body.events.push(emit::emit(notes, content, place)?);
        }
        start @ (Start::Publish | Start::Finally) => {
            let clause = start.clause_of_saga();
            let what = format!("`{}` cannot be in a `when` block", clause.entry().name);
            let help = "move it behind the last step of the saga";
            notes.errors.add(span, what, help);
            step::of_saga(notes, content, clause)?;
        }
        Start::Tail => {
            return Err(error(
                span,
                "expected a step",
                "write `step name(reads) -> Effect = path;`, a `read`, or a `concurrent` block",
            ));
        }
        other => return Err(not_a_node(begin, other)),
    }
    Ok(false)
}
