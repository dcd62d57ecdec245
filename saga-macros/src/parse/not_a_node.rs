//! Messages about tokens that cannot be a node, or cannot be one at their place.

use proc_macro2::{Delimiter, Span, TokenStream};
use syn::buffer::Cursor;
use typed_saga_definition::language;

use super::look::{self, Start};
use super::slips;
use crate::errors::{error, expression, noted};
use crate::model::Kind;
use crate::similar::{meant, similar};

/// The nodes that a saga may contain besides steps that act.
const BESIDE_STEPS: &str =
    "`for`, `when`, `concurrent`, `signal`, `sleep`, `lock` and `emit` are possible, too";

/// The nodes that a saga may contain.
fn kinds() -> String {
    format!("a step is a `read`, a `step` or the `pivot`; {BESIDE_STEPS}")
}

/// The blocks of steps.
const BLOCKS: &str = "steps run side by side in `concurrent { … }`, and under a condition in \
    `when (reads => condition) { … }`";

/// The part of a saga that contains the nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Saga,
    When,
    Concurrent,
}

/// The error for a node that its block does not allow.
pub(super) fn refusal(within: Within, start: Start, span: Span) -> Option<syn::Error> {
    let block = match within {
        Within::Saga => return None,
        Within::When => "when",
        Within::Concurrent => "concurrent",
    };
    Some(match (start, within) {
        (Start::Group, Within::Concurrent) => noted(
            span,
            "`concurrent` cannot be nested",
            "each step of a block starts as soon as the siblings that it reads are done",
            "write all steps in one block",
        ),
        (Start::When, Within::Concurrent) => noted(
            span,
            "`when` cannot be in a `concurrent` block",
            "the steps of a `concurrent` block start together, and a `when` block decides first",
            "write `#[when(…)]` on each of its steps, or put the `concurrent` block into the `when` \
             block",
        ),
        (Start::When, _) => error(
            span,
            "`when` blocks cannot be nested yet",
            "write one block after the other, with both conditions in the second one",
        ),
        (Start::Emit, Within::Concurrent) => noted(
            span,
            "`emit` cannot be in a `concurrent` block",
            "the steps of the block run side by side, and events have an order",
            "move it after the block",
        ),
        (Start::Publish | Start::Finally, _) => {
            let name = start.clause_of_saga().entry().name;
            let what = format!("`{name}` cannot be in a `{block}` block");
            error(span, what, "move it after the last step of the saga")
        }
        (Start::Tail, Within::Concurrent) => error(
            span,
            "expected a step",
            "write `step name(reads) -> Effect = path;`, or a `read`",
        ),
        (Start::Tail, _) => error(
            span,
            "expected a step",
            "write `step name(reads) -> Effect = path;`, a `read`, or a `concurrent` block",
        ),
        _ => return None,
    })
}

/// The error for a word of the language that is followed by tokens that do not fit.
fn wrong_head(cursor: Cursor<'_>, word: &str) -> Option<syn::Error> {
    let (_, rest) = cursor.ident()?;
    let span = cursor.span();
    let is_list = rest.group(Delimiter::Parenthesis).is_some();
    match word {
        "when" => Some(error(
            span,
            "this `when` has no condition",
            "name what the condition reads, as in `when (reads => condition) { … }`",
        )),
        "concurrent" if is_list => Some(error(
            span,
            "a `concurrent` block takes no argument",
            "write `concurrent { … }`; to limit how many items of a loop run at a time, write \
             `#[concurrent(8)]` before `for`",
        )),
        "sleep" | "signal" | "lock" if is_list || look::is_nameless_wait(cursor) => {
            let form = match word {
                "sleep" => "(duration)",
                "lock" => "(reads => key) -> Type",
                _ => " -> Type",
            };
            let form = nameless(word, rest).unwrap_or_else(|| form.to_owned());
            let help = format!("write one: `{word} name{form};`");
            Some(error(span, format!("this `{word}` has no name"), help))
        }
        _ => None,
    }
}

/// What follows the word of a step that waits and has no name, if that has the form for a name before it.
fn nameless(word: &str, begin: Cursor<'_>) -> Option<String> {
    let (mut tokens, mut cursor) = (TokenStream::new(), begin);
    let is_list = begin.group(Delimiter::Parenthesis).is_some();
    while look::punct(cursor, ';').is_none() {
        let (token, rest) = cursor.token_tree()?;
        tokens.extend([token]);
        cursor = rest;
    }
    let after_list = if is_list {
        begin.token_tree()?.1
    } else {
        begin
    };
    let ends = look::punct(after_list, ';').is_some();
    let fits = match word {
        "sleep" => is_list && ends,
        "lock" => is_list && look::arrow(after_list),
        _ => !is_list && look::arrow(begin),
    };
    let space = if is_list { "" } else { " " };
    fits.then(|| format!("{space}{}", expression(tokens)))
}

/// Whether the word is a misspelt `read`, `step` or `pivot`, which are read alike. A step that waits
/// has another form, by which nothing is read on a guess.
pub(super) fn is_near_a_kind(begin: Cursor<'_>) -> bool {
    let word = look::after_attributes(begin).ident();
    let kind = word.and_then(|(word, _)| look::meant_kind(&word));
    kind.is_some_and(Kind::acts)
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
    if let Some(error) = wrong_head(cursor, &word) {
        return error;
    }
    let near = |known: &[&'static str], otherwise: String| {
        let near = similar(&word, known.iter().copied());
        near.map_or(otherwise, |near| format!("did you mean `{near}`?"))
    };
    match start {
        Start::Else => error(
            span,
            "`else` without a `when` before it",
            "write it directly after the block of a `when (reads => condition) { … }`",
        ),
        Start::Later(word) => error(
            span,
            format_args!("`{word}` is not possible between the steps of a saga"),
            "to wait for a value from outside, declare a signal: `#[timeout(72h)] signal name -> Type;`",
        ),
        Start::Clause => error(
            span,
            format_args!("`{word}` does not follow a step"),
            "write it after the code of its step",
        ),
        Start::Unknown => error(
            span,
            format_args!("`{word}` is not a kind of step"),
            near(&Kind::ALL.map(Kind::word), kinds()),
        ),
        Start::Bare if Kind::named(&word).is_some() => error(
            cursor.span(),
            format_args!("this `{word}` has no name"),
            format_args!("write one, as in `{word} name(…)`: it also names the effect"),
        ),
        Start::Bare => match meant(
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
            near(&["concurrent", "when", "else"], BLOCKS.to_owned()),
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
            "expected a step, a block of steps, or a clause of the saga",
            "steps follow, so this is not the expression that ends the saga",
            format_args!("move statements into the code of a step; {}", kinds()),
        ),
    }
}
