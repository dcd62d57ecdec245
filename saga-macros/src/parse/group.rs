//! `concurrent { … }`: steps side by side.

use quote::quote;
use saga_definition::language::Place;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token};

use super::attrs::attrs;
use super::look::{self, Start};
use super::node::{is_near_a_kind, not_a_node, recover};
use super::notes::Notes;
use super::{condition, emit, looped, step};
use crate::errors::error;
use crate::model::{Node, Siblings, Step};

/// `concurrent { … }`. If `#[cfg]` left one step of a group, the group is that step; if it left
/// none, it is nothing.
pub(super) fn group<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
) -> syn::Result<Option<Node>> {
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
        Start::Loop => found.steps.push(looped::looped(notes, content)?),
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
        Start::When => {
            let what = "`when` cannot be in a `concurrent` block";
            let why =
                "the steps of a block start side by side, and a decision comes before its steps";
            let help = "write `#[when(…)]` on each of its steps, or put the `concurrent` block into \
                the `when` block";
            notes.errors.add_noted(span, what, why, help);
            let inner = condition::open(notes, content)?.1;
            siblings(notes, &inner, found);
        }
        Start::Emit => {
            notes.errors.add_noted(
                span,
                "`emit` cannot be in a `concurrent` block",
                "its steps run side by side, and events have an order",
                "move it behind the block",
            );
            emit::emit(notes, content, (0, None))?;
        }
        start @ (Start::Publish | Start::Finally) => {
            let clause = start.clause_of_saga();
            let what = format!(
                "`{}` cannot be in a `concurrent` block",
                clause.entry().name
            );
            let help = "move it behind the last step of the saga";
            notes.errors.add(span, what, help);
            step::of_saga(notes, content, clause)?;
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
