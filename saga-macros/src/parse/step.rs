//! One step with its clauses.

use proc_macro2::{Delimiter, Group, Span, TokenTree};
use quote::{ToTokens, quote};
use saga_definition::language::{self, Place};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, ExprPath, Ident, Token, Type};

use super::attrs::attrs;
use super::look;
use super::notes::Notes;
use crate::errors::{error, list};
use crate::model::{Attrs, Clause, Code, Compensate, Kind, Read, Step};
use crate::names;
use crate::similar::similar;

const READS: &str = "a read is the name of an input, a service or an earlier effect, and is bound \
    to a reference";

pub(super) fn step<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Step> {
    let attrs = attrs(notes, input.call(Attribute::parse_outer)?, Place::Step);
    let word = input.call(Ident::parse_any)?;
    let kind = look::meant_kind(&word).unwrap_or(Kind::Step);
    let name: Ident = input.parse()?;
    let reads = reads(notes, input, &name);
    let effect = effect(input)?;
    let (reads, code) = code(notes, input, &name, reads);
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

pub(super) fn ty(input: &ParseBuffer<'_>) -> syn::Result<Type> {
    let begin = input.cursor();
    input.parse().map_err(|cause| {
        if input.cursor() == begin {
            return syn::Error::new(begin.span(), "expected a type");
        }
        cause
    })
}

fn effect(input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    if !input.peek(Token![->]) {
        return Ok(None);
    }
    input.parse::<Token![->]>()?;
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
    loop {
        while input.peek(Token![;]) {
            look::advance(input);
            end = End::Closed;
        }
        let begin = input.cursor();
        if look::begins_step(begin) {
            break;
        }
        let Some(word) = look::clause(begin) else {
            break;
        };
        end = clause(notes, input, step, &word)?;
        notes.element((begin, input.cursor()), quote!(;));
    }
    if let End::Open(path) = end {
        unfinished(notes, path);
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
    let (reads, code) = code(notes, input, word, reads);
    Clause {
        span: word.span(),
        attrs,
        reads,
        code,
    }
}

/// What `owner`, a step or a clause, reads; `None` if the list is missing.
fn reads(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, owner: &Ident) -> Option<Vec<Read>> {
    let reads = in_parentheses(notes, input);
    if reads.is_err() {
        let what = format!("expected the reads of `{owner}`");
        let help =
            format!("list them in parentheses, as in `{owner}(trip, key)`, or write `{owner}()`");
        notes.errors.add(input.span(), what, help);
        look::skip_to_code(input);
    }
    reads.ok()
}

fn in_parentheses(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> syn::Result<Vec<Read>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(list_of_names(notes, &content))
}

/// Names between commas; anything else is reported and left out.
fn list_of_names(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> Vec<Read> {
    let mut names = Vec::new();
    while !input.is_empty() {
        let begin = input.cursor();
        let name = input.parse::<Ident>().ok();
        if !(input.is_empty() || input.peek(Token![,])) || name.is_none() {
            let (what, help) = more_than_a_name(input, name.as_ref());
            notes.errors.add(input.span(), what, help);
            look::skip(input, begin, look::comma);
        }
        names.extend(name);
        drop(input.parse::<Option<Token![,]>>());
    }
    Read::unresolved(names)
}

/// What is wrong behind `name`, or in its place, and what to do.
fn more_than_a_name(input: &ParseBuffer<'_>, name: Option<&Ident>) -> (String, String) {
    let sign = input.cursor().punct().map(|(sign, _)| sign.as_char());
    match (name, sign) {
        (None, Some('&')) => (
            "expected a name without `&`".to_owned(),
            "write the name alone: it is bound to a reference".to_owned(),
        ),
        (Some(name), Some(':')) => (
            "expected a name without a type".to_owned(),
            format!("write `{name}` alone: it is bound to a reference"),
        ),
        (Some(name), Some('.')) => (
            "expected a name, not a part of a value".to_owned(),
            format!("read `{name}`, and use its part in a block"),
        ),
        (Some(_), _) => ("expected `,`".to_owned(), READS.to_owned()),
        (None, _) => ("expected a name".to_owned(), READS.to_owned()),
    }
}

const PATH: &str = "a path is called with the reads, in their order; for anything else write a \
    block, as in `{ Ok(….await?) }`";

/// The code of `owner`, with its reads. Where it cannot be read, what follows it still is.
fn code(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
    reads: Option<Vec<Read>>,
) -> (Vec<Read>, Code) {
    let code = readable_code(input, owner);
    if code.is_err() {
        look::skip_code(input);
        notes.lost.node |= input.is_empty();
    }
    match (reads, code) {
        (Some(reads), Ok(code)) => (reads, code),
        (Some(reads), Err(error)) => {
            notes.errors.push(error);
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
        let ended = begin.eof() || look::begins_node(begin);
        let span = if ended { owner.span() } else { input.span() };
        let what = format!("expected the code of `{owner}`: `{{ … }}` or `= path`");
        return Err(error(span, what, PATH));
    }
    input.parse::<Token![=]>()?;
    let begin = input.cursor();
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
        let what = match next.group(Delimiter::Parenthesis) {
            Some(_) => "expected a path, not a call",
            None => "expected a path, not an expression",
        };
        return Err(error(input.span(), what, PATH));
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
