//! One step with its clauses.

use proc_macro2::{Delimiter, Group, Span, TokenTree};
use quote::{ToTokens, quote};
use saga_definition::language::{self, Place};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, ExprPath, Ident, Token, Type};

use super::attrs::attrs;
use super::notes::Notes;
use super::reads::reads;
use super::ty::ty;
use super::{look, slips};
use crate::errors::{self, error, list};
use crate::model::{Attrs, Clause, Code, Compensate, Kind, Read, Step};
use crate::names;
use crate::similar::similar;

pub(super) fn step<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Step> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    slips::modifiers(notes, input);
    let word = input.call(Ident::parse_any)?;
    attributes.extend(slips::attributes(notes, input, &word));
    if look::begins_step(input.cursor()) {
        return Err(slips::nameless(&word));
    }
    let name: Ident = input.parse()?;
    attributes.extend(slips::attributes(notes, input, &word));
    let reads = reads(notes, input, &name);
    attributes.extend(slips::attributes(notes, input, &word));
    let known = notes.errors.len();
    let effect = effect(notes, input, &name)?;
    attributes.extend(slips::attributes(notes, input, &word));
    let attrs = attrs(notes, attributes, Place::Step);
    let kind = look::meant_kind(&word).unwrap_or(Kind::Step);
    let (reads, code) = code(notes, input, &name, reads, known);
    let mut step = Step {
        attrs,
        kind,
        kind_span: word.span(),
        name,
        reads,
        effect,
        code,
        compensate: Compensate::Missing,
        resolve: None,
        fallback: None,
    };
    clauses(notes, input, &mut step)?;
    Ok(step)
}

fn effect(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
) -> syn::Result<Option<Type>> {
    let arrow = input.span();
    if input.peek(Token![->]) {
        input.parse::<Token![->]>()?;
    } else if input.peek(Token![:]) || input.peek(Token![=>]) {
        return slips::effect(notes, input).map(Some);
    } else {
        return Ok(None);
    }
    if look::ends_node(input.cursor()) {
        let what = format!("expected the type of the effect of `{owner}`");
        let help = format!("write it behind `->`, or remove `->` if `{owner}` returns `()`");
        return Err(error(arrow, what, help));
    }
    if input.peek(Token![_]) {
        return Err(error(
            input.span(),
            "the type of an effect must be written out",
            "write it in place of `_`, or remove `-> _` if the step returns `()`",
        ));
    }
    ty(input).map(Some)
}

/// Whether a node may end here.
enum End {
    /// Behind a path, of which this is the last token: a `;` must follow, or a clause.
    Open(Span),
    Closed,
}

impl End {
    fn of(code: &Code) -> Self {
        match code {
            Code::Block(_) => End::Closed,
            Code::Path(path) => path
                .clone()
                .into_iter()
                .last()
                .map_or(End::Closed, |token| End::Open(token.span())),
        }
    }
}

fn clauses<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>, step: &mut Step) -> syn::Result<()> {
    let mut end = End::of(&step.code);
    let mut closed = false;
    loop {
        while input.peek(Token![;]) {
            look::advance(input);
            end = End::Closed;
            closed = true;
        }
        let begin = input.cursor();
        if look::begins_step(begin) {
            break;
        }
        // Behind a `;`, `compensate(x)` may be the expression that ends the saga.
        let is_open = matches!(end, End::Open(_))
            || (step.kind == Kind::Step && matches!(step.compensate, Compensate::Missing));
        let unfinished = || {
            (is_open && !closed)
                .then(|| look::clause_word(begin))
                .flatten()
        };
        let Some(word) = look::clause(begin).or_else(unfinished) else {
            break;
        };
        end = clause(notes, input, step, &word)?;
        notes.element((begin, input.cursor()), quote!(;));
    }
    if let End::Open(path) = end {
        unfinished(notes, path);
        notes.lost.clauses.insert(names::text(&step.name));
    }
    Ok(())
}

/// Reports a missing `;` behind the path that ends at `path`.
fn unfinished(notes: &mut Notes<'_>, path: Span) {
    let help = format!("write `;`, or a clause: {}", list(clauses_of_step()));
    notes.errors.add(path, "expected `;` after the path", help);
}

/// One clause, into its place in the step.
fn clause<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    step: &mut Step,
    word: &Ident,
) -> syn::Result<End> {
    let attributes = input.call(Attribute::parse_outer)?;
    input.call(Ident::parse_any)?;
    let text = word.to_string();
    if text == "compensate" && look::word(input.cursor(), "none").is_some() {
        attrs(notes, attributes, Place::CompensateNone);
        let none = input.call(Ident::parse_any)?;
        match step.compensate {
            Compensate::Missing => step.compensate = Compensate::None(none.span()),
            _ => twice(notes, word, &step.name),
        }
        return Ok(End::Closed);
    }
    if text == "compensate" {
        if let Some(none) = slips::none(notes, input) {
            attrs(notes, attributes, Place::CompensateNone);
            step.compensate = Compensate::None(none);
            return Ok(End::Closed);
        }
    }
    let known = language::Clause::of_step().find(|clause| clause.entry().name == text);
    let meant =
        known.or_else(|| similar(&text, clauses_of_step()).and_then(language::Clause::named));
    if known.is_none() {
        let help = match meant {
            Some(near) => format!("did you mean `{}`?", near.entry().name),
            None => format!(
                "a step has {}; a step of its own starts with its kind, as in `step {text}(…)`",
                list(clauses_of_step())
            ),
        };
        let what = format!("unknown clause `{text}`");
        notes.errors.add(word.span(), what, help);
    }
    // An unknown clause is taken for `compensate`, which accepts the most attributes.
    let place = Place::Clause(meant.unwrap_or(language::Clause::Compensate));
    let attrs = attrs(notes, attributes, place);
    let clause = rest(notes, input, word, attrs);
    let end = End::of(&clause.code);
    let free = match meant {
        Some(language::Clause::Resolve) => step.resolve.replace(clause).is_none(),
        Some(language::Clause::Fallback) => step.fallback.replace(clause).is_none(),
        Some(language::Clause::Compensate) => matches!(
            std::mem::replace(&mut step.compensate, Compensate::Clause(clause)),
            Compensate::Missing
        ),
        Some(language::Clause::Finally) | None => {
            notes.lost.clauses.insert(names::text(&step.name));
            notes.lost.names.insert(text);
            true
        }
    };
    if !free {
        twice(notes, word, &step.name);
    }
    Ok(end)
}

fn clauses_of_step() -> impl Iterator<Item = &'static str> {
    language::Clause::of_step().map(|clause| clause.entry().name)
}

fn twice(notes: &mut Notes<'_>, word: &Ident, step: &Ident) {
    let what = format!("`{step}` has a second `{word}`");
    notes.errors.add(word.span(), what, "remove one of the two");
}

pub(super) fn finally<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Clause> {
    let attributes = input.call(Attribute::parse_outer)?;
    let word = input.call(Ident::parse_any)?;
    let attrs = attrs(notes, attributes, Place::Clause(language::Clause::Finally));
    let clause = rest(notes, input, &word, attrs);
    match End::of(&clause.code) {
        End::Open(path) if !input.peek(Token![;]) => unfinished(notes, path),
        _ => {
            while input.peek(Token![;]) {
                look::advance(input);
            }
        }
    }
    Ok(clause)
}

/// The reads and the code of a clause.
fn rest(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, word: &Ident, attrs: Attrs) -> Clause {
    let reads = reads(notes, input, word);
    let known = notes.errors.len();
    let (reads, code) = code(notes, input, word, reads, known);
    Clause {
        span: word.span(),
        attrs,
        reads,
        code,
    }
}

const PATH: &str = "a path is called with the reads, in their order; for anything else write a \
    block, as in `{ Ok(….await?) }`";

/// The code of `owner`, with its reads. Where it cannot be read, what follows it still is; if there
/// are more than the `known` errors, one before it explains that.
fn code(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
    reads: Option<Vec<Read>>,
    known: usize,
) -> (Vec<Read>, Code) {
    let code = readable_code(input, owner);
    if code.is_err() {
        if look::ends_node(input.cursor()) {
            notes.lost.clauses.insert(names::text(owner));
        }
        look::skip_code(input);
        notes.lost.node |= input.is_empty();
    }
    let code = match code {
        // It would be called with too few arguments.
        Ok(Code::Path(_)) if notes.lost.read => Ok(Code::absent()),
        code => code,
    };
    match (reads, code) {
        (Some(reads), Ok(code)) => (reads, code),
        (Some(reads), Err(error)) => {
            if notes.errors.len() == known {
                notes.errors.push(error);
            }
            (reads, Code::absent())
        }
        (None, _) => (Vec::new(), Code::absent()),
    }
}

fn readable_code(input: &ParseBuffer<'_>, owner: &Ident) -> syn::Result<Code> {
    if let Some(group) = block(input) {
        return Ok(Code::Block(group));
    }
    let begin = input.cursor();
    if look::word(begin, "emits").is_some() {
        let help = "a step has an effect, and no events beside it";
        return Err(later(input, "emits", help));
    }
    if !look::assigns(begin) {
        let ended = look::ends_node(begin);
        let span = if ended { owner.span() } else { input.span() };
        let what = format!("expected the code of `{owner}`: `{{ … }}` or `= path`");
        return Err(error(span, what, PATH));
    }
    let equals = input.parse::<Token![=]>()?.span;
    let begin = input.cursor();
    if let Some(end) = slips::half_path(input, equals) {
        return Err(error(end, "expected a path", PATH));
    }
    if look::word(begin, "saga").is_some_and(|rest| rest.ident().is_some()) {
        let help = "a saga cannot be a step of another yet: run it in a block";
        return Err(later(input, "= saga", help));
    }
    let path = input.parse::<ExprPath>().map_err(|cause| {
        if begin.ident().is_some_and(|(word, _)| look::is_name(&word)) {
            return cause;
        }
        error(begin.span(), "expected a path", PATH)
    })?;
    let next = input.cursor();
    if look::continues_expression(next) {
        let is_call = next.group(Delimiter::Parenthesis).is_some();
        let is_await = next.punct().is_some_and(|(sign, _)| sign.as_char() == '.');
        let (what, help) = if is_call || is_await && input.peek2(Token![await]) {
            let what = if is_call { "call" } else { "future" };
            let path = errors::code(&path);
            let help = format!(
                "write `{path}` alone: it is called with the reads, in their order, and awaited; \
                 for anything else write a block, as in `{{ Ok(….await?) }}`"
            );
            (format!("expected a path, not a {what}"), help)
        } else {
            (
                "expected a path, not an expression".to_owned(),
                PATH.to_owned(),
            )
        };
        return Err(error(input.span(), what, help));
    }
    Ok(Code::Path(path.into_token_stream()))
}

fn later(input: &ParseBuffer<'_>, form: &str, help: &str) -> syn::Error {
    let what = format!("`{form}` is reserved for a later version");
    error(input.span(), what, help)
}

/// The content of the braces that are next, as one raw group.
fn block(input: &ParseBuffer<'_>) -> Option<Group> {
    input
        .step(|cursor| brace_group(*cursor).ok_or_else(|| cursor.error("expected `{`")))
        .ok()
}

/// Also behind the invisible delimiters of a `$block` from `macro_rules!`.
fn brace_group(cursor: Cursor<'_>) -> Option<(Group, Cursor<'_>)> {
    if let Some((inner, Delimiter::None, _, after)) = cursor.any_group() {
        return brace_group(inner)
            .filter(|(_, rest)| rest.eof())
            .map(|(group, _)| (group, after));
    }
    match cursor.token_tree()? {
        (TokenTree::Group(group), after) if group.delimiter() == Delimiter::Brace => {
            Some((group, after))
        }
        _ => None,
    }
}
