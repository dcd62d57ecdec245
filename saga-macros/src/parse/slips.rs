//! Common slips whose meaning is clear: each is reported, and read as what was meant.

use proc_macro2::{Delimiter, Span, TokenStream};
use syn::buffer::{Cursor, TokenBuffer};
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token, Type};

use super::look::{self, Start};
use super::notes::Notes;
use super::ty::ty;
use super::values;
use crate::errors::{code, error, noted};
use crate::model::Kind;
use crate::names::{idents, span_of};

/// `async`, `fn` or `pub` before the kind of a step.
pub(super) fn modifiers(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) {
    let mut words: Vec<Ident> = Vec::new();
    while let Some((word, _)) = look::modifier(input.cursor()) {
        look::advance(input);
        words.push(word);
    }
    let Some(first) = words.first() else { return };
    let why = match first.to_string().as_str() {
        "async" => "the code of every step is async",
        "fn" => "a step is not a function: `read`, `step` or `pivot` replaces `fn`",
        _ => "a step is as visible as its saga",
    };
    let what = format!("unexpected `{first}` before a step");
    let all: Vec<_> = words.iter().map(ToString::to_string).collect();
    let help = format!("remove `{}`", all.join(" "));
    notes.errors.add_noted(first.span(), what, why, help);
}

/// Attributes after the kind of a step, unless they are those of the next step.
pub(super) fn attributes(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    kind: &Ident,
) -> Vec<Attribute> {
    if starts_another(notes, kind, input.cursor()) {
        return Vec::new();
    }
    let found = input.call(Attribute::parse_outer).unwrap_or_default();
    for attribute in &found {
        let name = code(attribute.path());
        let what = format!("`#[{name}]` comes before `{kind}`");
        let help = format!("move it in front of `{kind}`");
        notes.errors.add(span_of(attribute.path()), what, help);
    }
    found
}

/// Whether a node or a clause of the saga certainly starts here, so that `before`, the kind of a step, is not
/// followed by its name. What has no `=>` in its parentheses may be a step that is called `when` or `emit`.
pub(super) fn starts_another(notes: &Notes<'_>, before: &Ident, cursor: Cursor<'_>) -> bool {
    let kind = look::meant_kind(before);
    let list = |rest: Cursor<'_>| {
        let list = look::word(rest, "failed").unwrap_or(rest);
        let list = list.group(Delimiter::Parenthesis);
        list.is_some_and(|(content, ..)| look::lists_reads(content))
    };
    match look::start(cursor) {
        Start::Step => look::begins_step(cursor),
        Start::Loop | Start::Group => true,
        // The name of a sleep or a lock: these have a `=>`, too.
        Start::Emit if kind.is_some_and(|kind| !kind.acts()) => false,
        Start::When | Start::Emit => look::after_attributes(cursor)
            .ident()
            .is_some_and(|(_, rest)| list(rest)),
        // Without `emits`, an input may be called `event`.
        Start::Publish => notes.emits && of_saga(cursor, "event") == Some(true),
        // No step is called `outcome`.
        Start::Finally => of_saga(cursor, "outcome")
            .is_some_and(|reads| reads || kind == Some(Kind::Step) && has_block(cursor)),
        _ => false,
    }
}

/// Whether the clause of the saga at the cursor reads this name; `None` if it may be a step of that name,
/// because the step has a type, or a clause of its own.
fn of_saga(cursor: Cursor<'_>, name: &str) -> Option<bool> {
    let is_clause = |at| look::clause_word(at).is_some() && look::clause(at).is_some();
    let (_, rest) = look::after_attributes(cursor).ident()?;
    let (reads, _, code) = rest.group(Delimiter::Parenthesis)?;
    if !look::begins_code(code) {
        return None;
    }
    let mut end = code;
    while !(look::begins_block(end) || look::semicolon(end)) {
        if is_clause(end) {
            return None;
        }
        (_, end) = end.token_tree()?;
    }
    let (_, behind) = end.token_tree()?;
    (!is_clause(behind)).then(|| idents(reads.token_stream()).any(|read| read == name))
}

/// Whether the clause at the cursor has a block after its parentheses.
fn has_block(cursor: Cursor<'_>) -> bool {
    let rest = look::after_attributes(cursor).ident().map(|(_, rest)| rest);
    let code = rest.and_then(|rest| rest.group(Delimiter::Parenthesis));
    code.is_some_and(|(.., code)| look::begins_block(code))
}

/// The error for a kind without a name, which the next step follows.
pub(super) fn nameless(kind: &Ident) -> syn::Error {
    let what = format!("this `{kind}` has no name");
    let help = format!("write one, as in `{kind} name(…)`: it also names the effect");
    error(kind.span(), what, help)
}

/// `: Type` or `=> Type` in place of `-> Type`.
pub(super) fn effect(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Type> {
    let span = input.span();
    let sign = if input.peek(Token![:]) { ":" } else { "=>" };
    for _ in sign.chars() {
        look::advance(input);
    }
    let ty = ty(input)?;
    let what = format!("expected `->`, not `{sign}`, before the type of an effect");
    let help = format!("write `-> {}`", code(&ty));
    notes.errors.add(span, what, help);
    Ok(ty)
}

/// `compensate(none)` without code, or `compensate nothing`, in place of `compensate none`.
pub(super) fn none(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, step: &Ident) -> Option<Span> {
    let next = input.cursor();
    if let Some((content, _, rest)) = next.group(Delimiter::Parenthesis) {
        let (word, behind) = content.ident()?;
        if word != "none" || !behind.eof() || look::begins_code(rest) {
            return None;
        }
        look::advance(input);
        let what = "`compensate none` takes no parentheses";
        notes
            .errors
            .add(word.span(), what, "write `compensate none`");
        return Some(word.span());
    }
    let (word, rest) = next.ident()?;
    if look::begins_node(next) || look::begins_code(rest) {
        return None;
    }
    drop(input.call(Ident::parse_any));
    let help = format!(
        "write `compensate none` if the effect may remain, or what it reads, as in \
         `compensate({step}) {{ … }}`"
    );
    notes
        .errors
        .add(word.span(), "expected `none`, `with` or `(…)`", help);
    Some(word.span())
}

/// `&` or `*` before a read, reported once for each list. Not before `self`, which is a mistake
/// itself.
pub(super) fn reference(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, reported: &mut bool) {
    let sign = input.span();
    let by_value = input.peek(Token![*]);
    look::advance(input);
    if input.peek(Token![mut]) {
        look::advance(input);
    }
    if !input.peek(Token![self]) && !std::mem::replace(reported, true) {
        if by_value {
            // The function would get a reference, which does not fit.
            notes.lost.read = true;
            notes.lost.reads = true;
            let name = input.cursor().ident();
            let name = name.map_or_else(|| "name".to_owned(), |(name, _)| name.to_string());
            let help = format!(
                "write the name alone: it is bound to a reference; to pass the value, write a block that \
                 uses `*{name}`"
            );
            notes.errors.add(sign, "expected a name without `*`", help);
        } else {
            let help = "write the name alone: it is bound to a reference";
            notes.errors.add(sign, "expected a name without `&`", help);
        }
    }
}

/// Skips an unfinished path that is followed by a clause, by the next node, or by nothing. Returns
/// its last token, or `equals` if it has none.
pub(super) fn half_path(input: &ParseBuffer<'_>, equals: Span) -> Option<Span> {
    let is_part = |cursor: Cursor<'_>| {
        let colon = look::punct(cursor, ':').is_some();
        colon || cursor.ident().is_some_and(|(word, _)| look::is_name(&word))
    };
    let (mut cursor, mut last, mut open) = (input.cursor(), equals, true);
    let begin = cursor;
    let ends =
        |cursor| look::ends_path(cursor) || cursor != begin && look::punct(cursor, ';').is_some();
    while !open || !ends(cursor) {
        if !is_part(cursor) {
            return None;
        }
        (last, open) = (cursor.span(), look::punct(cursor, ':').is_some());
        cursor = cursor.token_tree()?.1;
    }
    while input.cursor() != cursor {
        look::advance(input);
    }
    Some(last)
}

/// The error for a loop or a branch among the steps.
pub(super) fn control_flow(cursor: Cursor<'_>) -> Option<syn::Error> {
    let (word, mut rest) = cursor.ident()?;
    let is_branch = match word.to_string().as_str() {
        "if" | "match" => true,
        "for" | "while" | "loop" => false,
        _ => return None,
    };
    let mut head = TokenStream::new();
    while rest.group(Delimiter::Brace).is_none() {
        let (token, after) = rest.token_tree()?;
        head.extend([token]);
        rest = after;
    }
    let help = if is_branch {
        let condition = condition(if word == "if" {
            head
        } else {
            TokenStream::new()
        });
        format!(
            "to skip steps, put them into `when ({condition}) {{ … }}`, or write `#[when(…)]` on one; to \
             choose a value, branch in the code of a step"
        )
    } else {
        "to run a step for each item, write `for item: Type in (reads => items)` and then the step; or \
         loop in the code of one step"
            .to_owned()
    };
    // A loop of the language starts with the same word.
    let article = if word == "for" { "a Rust " } else { "" };
    let what = format!("{article}`{word}` is not possible between the steps of a saga");
    let why = "the steps of a saga are known when it is compiled";
    Some(noted(word.span(), what, why, help))
}

/// What an `if` has before its block, as a `when` has it in parentheses.
pub(super) fn condition(of_if: TokenStream) -> String {
    let head = TokenBuffer::new2(of_if);
    let condition = values::listed(head.begin(), values::CONDITION);
    condition.unwrap_or_else(|| "reads => condition".to_owned())
}

/// The error for an expression at the end that is meant as a step.
pub(super) fn tail(tokens: &TokenStream) -> Option<syn::Error> {
    let buffer = TokenBuffer::new2(tokens.clone());
    let awaits = idents(tokens.clone()).any(|word| word == "await");
    let flow = control_flow(buffer.begin());
    if let Some(error) = flow.filter(|_| awaits || holds_step(buffer.begin())) {
        return Some(error);
    }
    let awaited = awaited(tokens)?;
    let what = "the expression that ends a saga cannot `await`";
    let why = "every step has ended by then, and nothing may fail any more";
    let help = "move it into the code of a step, whose effect this expression may use";
    Some(noted(awaited.span(), what, why, help))
}

/// The first `await` in some code, unless the code has an `async` block of its own.
pub(super) fn awaited(code: &TokenStream) -> Option<Ident> {
    let first = |keyword| idents(code.clone()).find(|word| word == keyword);
    first("await").filter(|_| first("async").is_none())
}

fn holds_step(mut cursor: Cursor<'_>) -> bool {
    while let Some((_, after)) = cursor.token_tree() {
        let inside = cursor.group(Delimiter::Brace).map(|(content, ..)| content);
        if inside.is_some_and(|content| look::begins_step(content) || holds_step(content)) {
            return true;
        }
        cursor = after;
    }
    false
}
