//! One step with its clauses.

use proc_macro2::{Delimiter, Group, Span, TokenTree};
use quote::{ToTokens, quote};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, ExprPath, Ident, Token, Type};

use super::attrs::{self, ClauseAttrs};
use super::saga::ty;
use super::{Notes, look};
use crate::errors::{error, list};
use crate::model::{Clause, Code, Compensate, Kind, Read, Source, Step};
use crate::names;
use crate::similar::similar;

const READS: &str =
    "reads are names alone, of inputs, services and earlier effects, and each binds as a reference";

const CLAUSES: [&str; 3] = ["compensate", "resolve", "fallback"];

pub(super) fn step<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Step> {
    let attrs = attrs::step(notes, input.call(Attribute::parse_outer)?);
    let word = input.call(Ident::parse_any)?;
    let kind = look::kind(&word).unwrap_or(Kind::Step);
    let name: Ident = input.parse()?;
    let reads = reads(notes, input, &name)?;
    let effect = effect(input)?;
    later(input, "emits")?;
    let code = code(input)?;
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

fn effect(input: &ParseBuffer<'_>) -> syn::Result<Option<Type>> {
    if !input.peek(Token![->]) {
        return Ok(None);
    }
    input.parse::<Token![->]>()?;
    if input.peek(Token![_]) {
        return Err(error(
            input.span(),
            "the type of an effect is written out",
            "leave `-> _` out if the step gives `()`",
        ));
    }
    ty(input).map(Some)
}

fn later(input: &ParseBuffer<'_>, word: &str) -> syn::Result<()> {
    match look::word(input.cursor(), word) {
        Some(_) => Err(input.error(format_args!("`{word}` is reserved for a later version"))),
        None => Ok(()),
    }
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
        unfinished(notes, input, path);
    }
    Ok(())
}

/// Reports a missing `;` behind the path that ends at `path`, and takes the arguments that it was called with.
fn unfinished(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, path: Span) {
    let called = input.cursor().group(Delimiter::Parenthesis).is_some();
    let (span, what) = if called {
        (input.span(), "expected a path, not a call")
    } else {
        (path, "expected `;` after the path")
    };
    let help = "`= path;` is called with what the parentheses before it name; for anything else write a block `{ … }`";
    notes.errors.add_help(span, what, help);
    let begin = input.cursor();
    if called {
        notes.lost.node = true;
        look::skip(input, begin, |cursor| {
            look::semicolon(cursor) || look::begins_step(cursor)
        });
    }
    while input.peek(Token![;]) {
        look::advance(input);
    }
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
        attrs::none(notes, attributes);
        let none = input.call(Ident::parse_any)?;
        match step.compensate {
            Compensate::Missing => step.compensate = Compensate::None(none.span()),
            _ => twice(notes, word, &step.name),
        }
        return Ok(End::Closed);
    }
    let known = CLAUSES.iter().copied().find(|known| text == *known);
    let meant = known.or_else(|| similar(&text, CLAUSES));
    if known.is_none() {
        let help = match meant {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{}; the next step starts with its kind", list(CLAUSES)),
        };
        let what = format!("unknown clause `{text}`");
        notes.errors.add_help(word.span(), what, help);
    }
    let attrs = attrs::clause(notes, attributes, meant.unwrap_or("compensate"));
    let clause = rest(notes, input, word, attrs)?;
    let end = End::of(&clause.code);
    let free = match meant {
        Some("resolve") => step.resolve.replace(clause).is_none(),
        Some("fallback") => step.fallback.replace(clause).is_none(),
        Some(_) => matches!(
            std::mem::replace(&mut step.compensate, Compensate::Clause(clause)),
            Compensate::Missing
        ),
        None => {
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

fn twice(notes: &mut Notes<'_>, word: &Ident, step: &Ident) {
    notes
        .errors
        .add(word.span(), format_args!("`{step}` has a second `{word}`"));
}

pub(super) fn finally<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Clause> {
    let attributes = input.call(Attribute::parse_outer)?;
    let word = input.call(Ident::parse_any)?;
    let attrs = attrs::clause(notes, attributes, "finally");
    let clause = rest(notes, input, &word, attrs)?;
    match End::of(&clause.code) {
        End::Open(path) if !input.peek(Token![;]) => unfinished(notes, input, path),
        _ => {
            while input.peek(Token![;]) {
                look::advance(input);
            }
        }
    }
    Ok(clause)
}

/// The reads and the code of a clause.
fn rest(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    word: &Ident,
    attrs: ClauseAttrs,
) -> syn::Result<Clause> {
    let reads = reads(notes, input, word)?;
    let code = code(input)?;
    let ClauseAttrs {
        timeout,
        retry,
        by_key,
        lints,
    } = attrs;
    Ok(Clause {
        span: word.span(),
        timeout,
        retry,
        by_key,
        lints,
        reads,
        code,
    })
}

fn reads(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, owner: &Ident) -> syn::Result<Vec<Read>> {
    if !input.peek(syn::token::Paren) {
        return Err(error(
            input.span(),
            format_args!("expected what `{owner}` reads"),
            format_args!("`{owner}(trip, key)`, or `{owner}()`"),
        ));
    }
    let content;
    syn::parenthesized!(content in input);
    Ok(list_of_names(notes, &content))
}

/// Reads that the checks have not looked at yet.
pub(super) fn unresolved(names: impl IntoIterator<Item = Ident>) -> Vec<Read> {
    names
        .into_iter()
        .map(|name| Read {
            name,
            source: Source::Unknown,
        })
        .collect()
}

/// Names between commas; what is no name is reported and left out.
fn list_of_names(notes: &mut Notes<'_>, input: &ParseBuffer<'_>) -> Vec<Read> {
    let mut names = Vec::new();
    while !input.is_empty() {
        let begin = input.cursor();
        let name = input.parse::<Ident>().ok();
        let expected = if name.is_some() { "`,`" } else { "a name" };
        names.extend(name);
        if !(input.is_empty() || input.peek(Token![,])) || input.cursor() == begin {
            let what = format!("expected {expected}");
            notes.errors.add_help(input.span(), what, READS);
            look::skip(input, begin, look::comma);
        }
        drop(input.parse::<Option<Token![,]>>());
    }
    unresolved(names)
}

fn code(input: &ParseBuffer<'_>) -> syn::Result<Code> {
    if let Some(group) = block(input) {
        return Ok(Code::Block(group));
    }
    if !look::assigns(input.cursor()) {
        return Err(error(
            input.span(),
            "expected `{ … }` or `= path`",
            "the code of a step or a clause is a block, or a path that is called with what it reads",
        ));
    }
    input.parse::<Token![=]>()?;
    if look::word(input.cursor(), "saga").is_some_and(|rest| rest.ident().is_some()) {
        return Err(input.error("`= saga` is reserved for a later version"));
    }
    let begin = input.cursor();
    let path = input.parse::<ExprPath>().map_err(|cause| {
        if begin.ident().is_some_and(|(word, _)| look::is_name(&word)) {
            return cause;
        }
        let help = "for anything but a path write a block `{ … }`";
        error(begin.span(), "expected a path", help)
    });
    path.map(|path| Code::Path(path.into_token_stream()))
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
