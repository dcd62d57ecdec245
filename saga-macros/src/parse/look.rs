//! Lookahead. No word is reserved: the meaning of a word depends on what follows it.

use proc_macro2::{Delimiter, Ident, Spacing};
use syn::buffer::Cursor;
use syn::parse::ParseBuffer;
use typed_saga_definition::language::Clause;

use crate::model::Kind;
use crate::similar::similar;

mod tokens;

pub(super) use tokens::{
    advance, after_attributes, arrow, assigns, begins_arm, begins_block, begins_when, comma,
    is_name, lists_reads, punct, semicolon, word,
};
use tokens::{called, duration};

pub(super) const AWAIT: &str = "await";

/// The kind of a saga's next node, judged by its first tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Start {
    Step,
    /// `for`, and a step.
    Loop,
    Group,
    /// A `when` block.
    When,
    /// `else` without a `when` block before it.
    Else,
    Emit,
    Publish,
    Finally,
    /// `compensate`, `resolve` or `fallback` without a step before it.
    Clause,
    /// An unknown word where `read`, `step` or `pivot` belongs.
    Unknown,
    /// A name and its reads, without the word for the kind of step.
    Bare,
    /// An unknown word before a block of steps.
    UnknownGroup,
    /// A form that is reserved for a later version.
    Later(&'static str),
    Tail,
}

impl Start {
    /// The clause of the saga that starts, if one does.
    pub(super) fn clause_of_saga(self) -> Clause {
        match self {
            Self::Publish => Clause::Publish,
            _ => Clause::Finally,
        }
    }
}

/// Classifies the node at the cursor, after its attributes.
pub(super) fn start(cursor: Cursor<'_>) -> Start {
    let cursor = after_attributes(cursor);
    if begins_step(cursor) {
        return Start::Step;
    }
    let Some((word, rest)) = cursor.ident() else {
        return Start::Tail;
    };
    let text = word.to_string();
    let name = rest.ident().is_some_and(|(name, _)| name != "as");
    match text.as_str() {
        kind if name && Kind::named(kind).is_some() => Start::Step,
        "concurrent" if rest.group(Delimiter::Brace).is_some() => Start::Group,
        "when" if begins_when(cursor) => Start::When,
        "else" if begins_block(rest) || begins_when(rest) => Start::Else,
        "finally" if called(rest).is_some_and(continues_clause) => Start::Finally,
        word if is_clause_of_step(word) && clause(cursor).is_some() => Start::Clause,
        "await" if name => Start::Later(AWAIT),
        "for" if loops(rest) => Start::Loop,
        "publish" if called(rest).is_some_and(continues_clause) => Start::Publish,
        "emit" | "emits" if name || emits(rest) || called(rest).is_some_and(begins_block) => {
            Start::Emit
        }
        _ if is_nameless_wait(cursor) => Start::Bare,
        _ if !is_name(&word) => Start::Tail,
        _ if rest
            .ident()
            .is_some_and(|(name, rest)| is_name(&name) && called(rest).is_some()) =>
        {
            Start::Unknown
        }
        _ if holds_step(called(rest).unwrap_or(rest)) => Start::UnknownGroup,
        _ if called(rest).is_some_and(continues_step) => Start::Bare,
        _ => Start::Tail,
    }
}

/// The clause keyword at the cursor, known or not, if a clause follows.
pub(super) fn clause(cursor: Cursor<'_>) -> Option<Ident> {
    let (word, rest) = after_attributes(cursor).ident()?;
    let is_clause = match word.to_string().as_str() {
        word if is_clause_of_step(word) => {
            called(rest).is_some_and(continues_clause)
                || assigns(rest)
                || rest.group(Delimiter::Brace).is_some()
                || rest
                    .ident()
                    .is_some_and(|(next, _)| next == "none" || is_name(&next))
        }
        "finally" | "publish" | "emit" | "when" | "concurrent" | "sleep" | "signal" | "lock" => {
            false
        }
        _ if holds_step(called(rest).unwrap_or(rest)) => false,
        _ => is_name(&word) && called(rest).is_some_and(|rest| assigns(rest) || begins_block(rest)),
    };
    is_clause.then_some(word)
}

/// Whether braces begin here, and a step in them.
fn holds_step(cursor: Cursor<'_>) -> bool {
    let block = cursor.group(Delimiter::Brace);
    block.is_some_and(|(content, ..)| begins_step(content))
}

/// The keyword of a clause of a step at the cursor, whatever follows it.
pub(super) fn clause_word(cursor: Cursor<'_>) -> Option<Ident> {
    let (word, _) = after_attributes(cursor).ident()?;
    is_clause_of_step(&word.to_string()).then_some(word)
}

/// The kind and the name at the start of a broken step, if they can be recognized.
pub(super) fn heading(cursor: Cursor<'_>) -> (Option<Kind>, Option<Ident>) {
    let Some((word, rest)) = after_modifiers(after_attributes(cursor)).ident() else {
        return (None, None);
    };
    let kind = kind(&word);
    match after_attributes(rest).ident() {
        Some((name, _)) => (kind, Some(name)),
        None => (kind, kind.is_none().then_some(word)),
    }
}

fn is_clause_of_step(word: &str) -> bool {
    Clause::named(word).is_some_and(|clause| clause.entry().is_of_step)
}

fn kind(word: &Ident) -> Option<Kind> {
    Kind::named(&word.to_string())
}

/// The kind that `word` is, or of which it is a misspelling.
pub(super) fn meant_kind(word: &Ident) -> Option<Kind> {
    kind(word).or_else(|| {
        let near = similar(&word.to_string(), Kind::ALL.map(Kind::word))?;
        Kind::named(near)
    })
}

/// Whether a step certainly starts here: two names in a row are never part of an expression.
pub(super) fn begins_step(cursor: Cursor<'_>) -> bool {
    let step = after_modifiers(after_attributes(cursor))
        .ident()
        .filter(|(word, _)| kind(word).is_some());
    let name = step.and_then(|(_, rest)| after_attributes(rest).ident());
    name.is_some_and(|(name, _)| is_name(&name))
}

/// Words that belong to functions, not to steps.
const MODIFIERS: [&str; 3] = ["async", "fn", "pub"];

/// The cursor after `async`, `fn` and `pub` before the kind of a step.
fn after_modifiers(cursor: Cursor<'_>) -> Cursor<'_> {
    let mut behind = cursor;
    while let Some((_, rest)) = modifier(behind) {
        behind = rest;
    }
    let is_step = behind
        .ident()
        .is_some_and(|(word, _)| kind(&word).is_some());
    if is_step { behind } else { cursor }
}

/// The word of a function at the cursor, and the cursor after it.
pub(super) fn modifier(cursor: Cursor<'_>) -> Option<(Ident, Cursor<'_>)> {
    let found = cursor.ident();
    found.filter(|(word, _)| MODIFIERS.contains(&word.to_string().as_str()))
}

/// Whether a saga starts here, with which parsing continues after a broken one.
pub(super) fn starts_saga(cursor: Cursor<'_>) -> bool {
    let mut cursor = after_attributes(cursor);
    if let Some(rest) = word(cursor, "pub") {
        cursor = called(rest).unwrap_or(rest);
    }
    cursor = word(cursor, "durable").unwrap_or(cursor);
    cursor = word(cursor, "pub").unwrap_or(cursor);
    word(cursor, "saga").is_some_and(|rest| rest.ident().is_some())
}

pub(super) fn begins_node(cursor: Cursor<'_>) -> bool {
    matches!(
        start(cursor),
        Start::Step | Start::Loop | Start::Group | Start::When | Start::Emit
    )
}

/// Whether a step follows, alone or in a block.
pub(super) fn begins_steps(cursor: Cursor<'_>) -> bool {
    begins_node(cursor) && start(cursor) != Start::Emit
}

/// Skips to the next node, past at least one token if nothing was read since `begin`.
///
/// Tokens that could also be the rest of the broken node count as the next one only after a `;` or
/// a block, and a final expression counts only after a `;`.
pub(super) fn skip_to_node<'a>(input: &ParseBuffer<'a>, begin: Cursor<'a>) {
    let mut behind = None;
    let mut moved = input.cursor() != begin;
    while !input.is_empty() {
        let cursor = input.cursor();
        let stop = match start(cursor) {
            Start::Step => begins_step(cursor),
            Start::Loop
            | Start::Group
            | Start::When
            | Start::Emit
            | Start::Publish
            | Start::Finally
            | Start::Later(AWAIT) => true,
            Start::Unknown | Start::Bare | Start::UnknownGroup | Start::Later(_) => {
                behind.is_some()
            }
            Start::Tail => behind == Some(End::Semicolon) && !step_further_on(cursor),
            Start::Clause | Start::Else => false,
        };
        if moved && stop {
            return;
        }
        behind = End::at(cursor);
        moved = true;
        advance(input);
    }
}

/// The token that may end a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Semicolon,
    Block,
}

impl End {
    fn at(cursor: Cursor<'_>) -> Option<Self> {
        if begins_block(cursor) {
            return Some(End::Block);
        }
        semicolon(cursor).then_some(End::Semicolon)
    }
}

/// Skips to a place that `stop` accepts, past at least one token if nothing was read since `begin`.
pub(super) fn skip<'a>(input: &ParseBuffer<'a>, begin: Cursor<'a>, stop: fn(Cursor<'_>) -> bool) {
    let mut moved = input.cursor() != begin;
    while !(input.is_empty() || moved && stop(input.cursor())) {
        moved = true;
        advance(input);
    }
}

/// Skips whatever replaces the list of reads, up to the type or the code after it.
pub(super) fn skip_to_code(input: &ParseBuffer<'_>) {
    let begins = |cursor| arrow(cursor) || assigns(cursor) || begins_block(cursor);
    while !(input.is_empty() || begins(input.cursor()) || ends_code(input.cursor())) {
        advance(input);
    }
}

/// Skips code that could not be read, up to its `;`, a clause of the same step or the next node.
pub(super) fn skip_code(input: &ParseBuffer<'_>) {
    while !(input.is_empty() || ends_code(input.cursor())) {
        advance(input);
    }
}

fn ends_code(cursor: Cursor<'_>) -> bool {
    use Start::{Clause, Emit, Finally, Group, Loop, Publish, When};
    let follows = matches!(
        start(cursor),
        Loop | Group | When | Emit | Publish | Finally | Clause
    );
    semicolon(cursor) || begins_step(cursor) || follows
}

/// Whether the tokens after a path show that it is the start of an expression.
pub(super) fn continues_expression(cursor: Cursor<'_>) -> bool {
    let operator = cursor
        .punct()
        .is_some_and(|(punct, _)| !matches!(punct.as_char(), ';' | '#'));
    operator || called(cursor).is_some() || begins_block(cursor)
}

/// The start of the step of a loop, as far as it can be recognized. Braces are taken for it, since
/// no other part of a loop has any.
pub(super) fn step_of_loop(mut cursor: Cursor<'_>) -> Cursor<'_> {
    while !begins_step(cursor) && !begins_block(cursor) {
        let Some((_, after)) = cursor.token_tree() else {
            break;
        };
        cursor = after;
    }
    cursor
}

/// Whether there is a step later in what looked like the final expression.
pub(super) fn step_further_on(mut cursor: Cursor<'_>) -> bool {
    while let Some((_, after)) = cursor.token_tree() {
        if begins_step(after) {
            return true;
        }
        cursor = after;
    }
    false
}

/// Whether the node ends here, because nothing follows or the next node does.
pub(super) fn ends_node(cursor: Cursor<'_>) -> bool {
    cursor.eof() || begins_node(cursor)
}

/// Whether these tokens after `word (…)` show that it is not an expression: code, or an attempt at
/// it, follows.
fn continues_clause(cursor: Cursor<'_>) -> bool {
    begins_block(cursor)
        || assigns(cursor)
        || arrow(cursor)
        || cursor.ident().is_some_and(|(word, _)| word != "as")
}

fn continues_step(cursor: Cursor<'_>) -> bool {
    begins_block(cursor) || assigns(cursor) || arrow(cursor)
}

/// Whether a path ends here even behind a `::`: what follows is a clause or the next node, and not
/// the name of a function that has a clause behind it.
pub(super) fn ends_path(cursor: Cursor<'_>) -> bool {
    let rest = cursor.ident().map(|(_, rest)| rest);
    let is_name = rest.is_some_and(|rest| clause(rest).is_some() && clause_word(rest).is_some());
    let has_list = after_attributes(cursor).ident().is_some_and(|(_, rest)| {
        called(rest).is_some() || word(rest, "none").is_some() || word(rest, "with").is_some()
    });
    let is_clause = matches!(
        start(cursor),
        Start::Clause | Start::Publish | Start::Finally
    );
    !is_name && (ends_node(cursor) || is_clause && has_list)
}

pub(super) fn begins_code(cursor: Cursor<'_>) -> bool {
    begins_block(cursor) || assigns(cursor)
}

/// Whether the tokens after the word `emit` show that it is an `emit`: a function call never has a
/// `=>` between its parentheses, and the final expression of a saga never has a `;` after it.
pub(super) fn emits(cursor: Cursor<'_>) -> bool {
    let list = word(cursor, "failed").unwrap_or(cursor);
    let list = list.group(Delimiter::Parenthesis);
    list.is_some_and(|(content, _, rest)| lists_reads(content) || semicolon(rest))
}

/// Whether a `sleep`, a `signal` or a `lock` without its name is at the cursor: no call of a function
/// has a `=>` or a duration in its parentheses, or a `->` after them.
pub(super) fn is_nameless_wait(cursor: Cursor<'_>) -> bool {
    let Some((word, rest)) = cursor.ident() else {
        return false;
    };
    let kind = Kind::named(&word.to_string());
    if kind.is_none_or(Kind::acts) {
        return false;
    }
    match rest.group(Delimiter::Parenthesis) {
        Some((content, _, rest)) => duration(content) || lists_reads(content) || arrow(rest),
        None => duration(rest) || arrow(rest),
    }
}

/// Whether a step follows `for`, or the item has a type: no loop of Rust looks like that.
fn loops(mut cursor: Cursor<'_>) -> bool {
    let typed = cursor.ident().and_then(|(_, rest)| punct(rest, ':'));
    if typed.is_some_and(|(colon, _)| colon.spacing() == Spacing::Alone) {
        return true;
    }
    while cursor.group(Delimiter::Brace).is_none() {
        if begins_step(cursor) {
            return true;
        }
        match cursor.token_tree() {
            Some((_, after)) => cursor = after,
            None => return false,
        }
    }
    false
}
