//! The body of a saga: steps, groups, `finally` and the tail. After a mistake, parsing goes on with
//! the next node.

use proc_macro2::TokenStream;
use quote::quote;
use saga_definition::language::{self, Place};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token};

use super::attrs::attrs;
use super::look::{self, Start};
use super::notes::Notes;
use super::{slips, step};
use crate::cfg;
use crate::errors::{error, noted};
use crate::model::{Clause, Kind, Node, Siblings, Step};
use crate::similar::similar;

#[derive(Default)]
pub(super) struct Body {
    pub(super) nodes: Vec<Node>,
    pub(super) finally: Option<Clause>,
    pub(super) tail: Option<TokenStream>,
}

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

/// From somewhere in a broken node to the next one.
fn recover<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>, begin: Cursor<'a>) {
    if matches!(look::start(begin), Start::Later(look::FOR)) {
        look::skip(content, begin, look::begins_step);
        notes.lost.node(content.cursor());
        look::advance(content);
    } else {
        notes.lost.node(begin);
    }
    look::skip_to_node(content, begin);
}

fn node<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>, body: &mut Body) -> syn::Result<()> {
    let begin = input.cursor();
    match look::start(begin) {
        Start::Step => body.nodes.push(Node::Step(step::step(notes, input)?)),
        Start::Unknown if is_near_a_kind(begin) => {
            notes.errors.push(not_a_node(begin, Start::Unknown));
            body.nodes.push(Node::Step(step::step(notes, input)?));
        }
        Start::Group => body.nodes.extend(group(notes, input)?),
        start @ Start::UnknownGroup => {
            notes.errors.push(not_a_node(begin, start));
            body.nodes.extend(group(notes, input)?);
        }
        Start::Finally => {
            let clause = step::finally(notes, input)?;
            let next = input.cursor();
            if body.finally.is_some() {
                notes.errors.add(
                    clause.span,
                    "a second `finally`",
                    "move the code of both into one block",
                );
            } else if look::begins_node(next) || look::step_further_on(next) {
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

/// `concurrent { … }`. If `#[cfg]` left one step of a group, the group is that step; if it left
/// none, it is nothing.
fn group<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Option<Node>> {
    attrs(
        notes,
        input.call(Attribute::parse_outer)?,
        Place::Concurrent,
    );
    let span = input.call(Ident::parse_any)?.span();
    let content;
    syn::braced!(content in input);
    let mut found = Found::default();
    siblings(notes, &content, &mut found);
    let Found { mut steps, cut_out } = found;
    Ok(match steps.len() {
        0 if cut_out => None,
        1 if cut_out => steps.pop().map(Node::Step),
        _ => Some(Node::Group(Siblings { span, steps })),
    })
}

#[derive(Default)]
struct Found {
    steps: Vec<Step>,
    /// `#[cfg]` took a step out; `..` stands in its place.
    cut_out: bool,
}

fn siblings<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>, found: &mut Found) {
    while !content.is_empty() {
        if content
            .parse::<Option<Token![..]>>()
            .is_ok_and(|trace| trace.is_some())
        {
            found.cut_out = true;
            continue;
        }
        let begin = content.cursor();
        if let Err(error) = sibling(notes, content, found) {
            notes.errors.push(error);
            recover(notes, content, begin);
        }
        notes.element((begin, content.cursor()), quote!(..));
    }
}

fn sibling<'a>(
    notes: &mut Notes<'a>,
    content: &ParseBuffer<'a>,
    found: &mut Found,
) -> syn::Result<()> {
    let begin = content.cursor();
    let span = look::after_attributes(begin).span();
    match look::start(begin) {
        Start::Step => found.steps.push(step::step(notes, content)?),
        Start::Unknown if is_near_a_kind(begin) => {
            notes.errors.push(not_a_node(begin, Start::Unknown));
            found.steps.push(step::step(notes, content)?);
        }
        Start::Group => {
            let what = "`concurrent` cannot be nested";
            let why =
                "each step of a block already starts when the siblings that it reads are done";
            let help = "write all steps in one block";
            notes.errors.add_noted(span, what, why, help);
            attrs(
                notes,
                content.call(Attribute::parse_outer)?,
                Place::Concurrent,
            );
            content.call(Ident::parse_any)?;
            let inner;
            syn::braced!(inner in content);
            siblings(notes, &inner, found);
        }
        Start::Finally => {
            notes.errors.add(
                span,
                "`finally` cannot be in a `concurrent` block",
                "move it behind the last step of the saga",
            );
            step::finally(notes, content)?;
        }
        Start::Tail => {
            return Err(error(
                span,
                "expected a step",
                "write `step name(reads) -> Effect = path;`, or a `read`",
            ));
        }
        other => return Err(not_a_node(begin, other)),
    }
    Ok(())
}

fn is_near_a_kind(begin: Cursor<'_>) -> bool {
    let word = look::after_attributes(begin).ident();
    word.is_some_and(|(word, _)| look::meant_kind(&word).is_some())
}

fn not_a_node(begin: Cursor<'_>, start: Start) -> syn::Error {
    let cursor = look::after_attributes(begin);
    if let Some(error) = slips::control_flow(cursor).filter(|_| start == Start::Tail) {
        return error;
    }
    let span = cursor.span();
    let word = cursor
        .ident()
        .map_or_else(String::new, |(word, _)| word.to_string());
    let near = |known: &[&'static str]| {
        similar(&word, known.iter().copied())
            .map_or_else(String::new, |near| format!("did you mean `{near}`? "))
    };
    match start {
        Start::Later(form) => error(
            span,
            format_args!("`{form}` is reserved for a later version"),
            "write steps and `concurrent` blocks, then `finally`, then an expression",
        ),
        Start::Clause => error(
            span,
            format_args!("`{word}` does not follow a step"),
            "write it after the code of its step",
        ),
        Start::Unknown => error(
            span,
            format_args!("`{word}` is not a kind of step"),
            format_args!(
                "{}a step is a `read`, a `step` or the `pivot`",
                near(&Kind::ALL.map(Kind::word))
            ),
        ),
        Start::Bare if Kind::named(&word).is_some() => error(
            cursor.span(),
            format_args!("this `{word}` has no name"),
            format_args!("write one, as in `{word} hotel(…)`: it also names the effect"),
        ),
        Start::Bare => match similar(
            &word,
            language::Clause::ALL
                .iter()
                .map(|clause| clause.entry().name),
        ) {
            Some(near) => error(
                span,
                format_args!("unknown clause `{word}`"),
                format_args!("did you mean `{near}`?"),
            ),
            None => error(
                span,
                format_args!("expected `read`, `step` or `pivot` before `{word}`"),
                "a `read` changes nothing outside the saga, a `step` can be undone, the `pivot` \
                 cannot",
            ),
        },
        Start::UnknownGroup => error(
            span,
            format_args!("`{word}` is not a block of steps"),
            format_args!(
                "{}steps run side by side in `concurrent {{ … }}`",
                near(&["concurrent"])
            ),
        ),
        Start::Step | Start::Group | Start::Finally | Start::Tail => noted(
            span,
            "expected `read`, `step`, `pivot`, `concurrent` or `finally`",
            "steps follow, so this is not the expression that ends the saga",
            "move statements into the code of a step",
        ),
    }
}
