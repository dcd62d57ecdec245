//! What is common to a body and the blocks in it: what they are read into, what cannot be one of
//! their nodes, and where reading goes on behind it.

use proc_macro2::TokenStream;
use saga_definition::language;
use syn::buffer::Cursor;
use syn::parse::ParseBuffer;

use super::look::{self, Start};
use super::notes::Notes;
use super::{emits, slips};
use crate::errors::{error, noted};
use crate::model::{Clause, Condition, Emit, Kind, Node};
use crate::similar::similar;

#[derive(Default)]
pub(super) struct Body {
    pub(super) nodes: Vec<Node>,
    pub(super) conditions: Vec<Condition>,
    pub(super) events: Vec<Emit>,
    pub(super) publish: Option<Clause>,
    pub(super) finally: Option<Clause>,
    pub(super) tail: Option<TokenStream>,
}

impl Body {
    /// How many steps there are so far.
    pub(super) fn steps(&self) -> usize {
        let nodes = self.nodes.iter().map(|node| match node {
            Node::Step(_) => 1,
            Node::Group(siblings) => siblings.steps.len(),
        });
        nodes.sum()
    }
}

/// From somewhere in a broken node to the next one.
pub(super) fn recover<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>, begin: Cursor<'a>) {
    notes.lost.node(begin);
    if look::start(begin) == Start::Loop {
        let step = look::step_of_loop(begin);
        // Its step is lost with it.
        while !content.is_empty() && content.cursor() <= step {
            look::advance(content);
        }
    }
    look::skip_to_node(content, begin);
}

pub(super) fn is_near_a_kind(begin: Cursor<'_>) -> bool {
    let word = look::after_attributes(begin).ident();
    word.is_some_and(|(word, _)| look::meant_kind(&word).is_some())
}

pub(super) fn not_a_node(begin: Cursor<'_>, start: Start) -> syn::Error {
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
        Start::Emits => emits::misplaced(span),
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
        Start::Step
        | Start::Loop
        | Start::Group
        | Start::When
        | Start::Emit
        | Start::Publish
        | Start::Finally
        | Start::Tail => noted(
            span,
            "expected `read`, `step`, `pivot`, `concurrent` or `finally`",
            "steps follow, so this is not the expression that ends the saga",
            "move statements into the code of a step",
        ),
    }
}
