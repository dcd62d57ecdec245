//! One step with its clauses.

use proc_macro2::{Delimiter, Span};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token, Type};
use typed_saga_definition::language::{self, Place};

use super::attrs::attrs;
use super::code::code;
use super::notes::Notes;
use super::reads::reads;
use super::rerun;
use super::ty::ty;
use super::{look, slips, waits};
use crate::errors::{error, list};
use crate::model::{Attrs, Clause, Code, Compensate, Kind, Loop, Read, Step};
use crate::names;
use crate::similar::meant;

pub(super) fn step<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>) -> syn::Result<Step> {
    let attributes = input.call(Attribute::parse_outer)?;
    behind(notes, input, attributes, None)
}

/// A step, after its attributes and, if it has one, the head of its loop.
pub(super) fn behind<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    mut attributes: Vec<Attribute>,
    looped: Option<Loop>,
) -> syn::Result<Step> {
    slips::modifiers(notes, input);
    let word = input.call(Ident::parse_any)?;
    attributes.extend(slips::attributes(notes, input, &word));
    if slips::starts_another(notes, &word, input.cursor()) {
        return Err(slips::nameless(&word));
    }
    let kind = look::meant_kind(&word).unwrap_or(Kind::Step);
    let name: Ident = input.parse()?;
    attributes.extend(slips::attributes(notes, input, &word));
    if !kind.acts() {
        if let Some(looped) = looped {
            return Err(waits::looped(looped.span, &word, &name));
        }
        return wait(notes, input, (kind, &word), name, attributes);
    }
    let reads = reads(notes, input, &name);
    attributes.extend(slips::attributes(notes, input, &word));
    let known = notes.errors.len();
    let effect = effect(notes, input, &name)?;
    attributes.extend(slips::attributes(notes, input, &word));
    let place = looped.as_ref().map_or(Place::Step, |_| Place::Loop);
    let mut attrs = attrs(notes, attributes, place);
    attrs.lose_key(notes.lost.read);
    let (mut reads, mut code) = code(notes, input, &name, reads, known);
    if let Code::Saga(child) = &mut code {
        child.written = reads.len();
        let names = child.services.iter().cloned();
        let more = names.filter(|name| reads.iter().all(|read| read.name != *name));
        let more: Vec<_> = more.collect();
        reads.extend(Read::unresolved(more));
    }
    let mut step = Step {
        attrs,
        looped,
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
    let end = End::of(&step.code);
    clauses(notes, input, &mut step, end)?;
    step.level();
    Ok(step)
}

/// The rest of a signal, a sleep or a lock, after its name.
fn wait<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    (kind, word): (Kind, &Ident),
    name: Ident,
    attributes: Vec<Attribute>,
) -> syn::Result<Step> {
    let end = End::Wait(name.span());
    let (attrs, reads, effect, code) = if kind == Kind::Lock {
        let (attrs, reads, lock) = waits::lock(notes, input, &name, attributes, effect)?;
        (attrs, reads, None, Code::Lock(Box::new(lock)))
    } else {
        let (mut attrs, effect) = waits::head(notes, input, (kind, &name), attributes, effect)?;
        let reads = attrs.wait.as_mut();
        let reads = reads.map(|wait| std::mem::take(&mut wait.reads));
        (attrs, reads.unwrap_or_default(), effect, Code::absent())
    };
    let mut step = Step {
        attrs,
        looped: None,
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
    clauses(notes, input, &mut step, end)?;
    step.level();
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
    notes.half.path(input.cursor());
    if look::ends_node(input.cursor()) {
        let what = format!("expected the type of the effect of `{owner}`");
        let help = format!("write it after `->`, or remove `->` if `{owner}` returns `()`");
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
    /// After a signal, a sleep or a lock with a name at this span: a `;` must follow, or a clause.
    Wait(Span),
    /// After a path whose last token is at this span: a `;` must follow, or a clause.
    Open(Span),
    Closed,
}

impl End {
    fn of(code: &Code) -> Self {
        match code {
            Code::Block(_) | Code::Saga(_) | Code::Lock(_) => End::Closed,
            Code::Path(path) => path
                .clone()
                .into_iter()
                .last()
                .map_or(End::Closed, |token| End::Open(token.span())),
        }
    }
}

fn clauses<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    step: &mut Step,
    mut end: End,
) -> syn::Result<()> {
    let mut closed = false;
    loop {
        while input.peek(Token![;]) || input.peek(Token![,]) {
            if input.peek(Token![,]) {
                let what = "steps and clauses are not separated by commas";
                notes.errors.add(input.span(), what, "remove this comma");
            }
            look::advance(input);
            end = End::Closed;
            closed = true;
        }
        let begin = input.cursor();
        if look::begins_step(begin) {
            break;
        }
        // After a `;`, `compensate(x)` may be the final expression of the saga.
        let is_open = matches!(end, End::Open(_) | End::Wait(_))
            || (step.kind == Kind::Step && matches!(step.compensate, Compensate::Missing));
        let unfinished = || {
            (is_open && !closed)
                .then(|| look::clause_word(begin))
                .flatten()
        };
        let Some(word) = look::clause(begin).or_else(unfinished) else {
            break;
        };
        let before = notes.errors.count();
        end = clause(notes, input, step, &word)?;
        notes.element((begin, input.cursor()), quote!(;), before);
    }
    if let End::Wait(name) = end {
        let kind = step.kind.word();
        let help = format!("end the {kind} with `;`");
        notes.errors.add(name, "expected `;`", help);
    }
    if let End::Open(path) = end {
        unfinished(notes, path);
        notes.lost.clauses.insert(names::text(&step.name));
    }
    Ok(())
}

/// Reports a missing `;` after the path that ends at `path`.
fn unfinished(notes: &mut Notes<'_>, path: Span) {
    let help = format!("write `;`, or a clause: {}", list(clauses_of_step()));
    notes.errors.add(path, "expected `;` after the path", help);
}

/// Parses one clause into its place in the step.
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
        step.attrs
            .stray
            .extend(attrs(notes, attributes, Place::CompensateNone).stray);
        let none = input.call(Ident::parse_any)?;
        let again = rerun::again(notes, input)?;
        match step.compensate {
            Compensate::Missing => step.compensate = Compensate::None(none.span(), again),
            _ => twice(notes, word, &step.name),
        }
        return Ok(End::Closed);
    }
    if text == "compensate" && look::word(input.cursor(), "with").is_some() {
        step.attrs
            .stray
            .extend(attrs(notes, attributes, Place::CompensateWith).stray);
        let with = input.call(Ident::parse_any)?.span();
        if look::ends_node(input.cursor()) || input.peek(Token![;]) {
            let what = "`compensate with` does not name a step";
            let help = "name the earlier step whose compensation undoes this one, too";
            notes.errors.add(with, what, help);
            notes.lost.clauses.insert(names::text(&step.name));
            return Ok(End::Closed);
        }
        let name = input.call(name_of_another)?;
        let other = Read::unresolved([name]).swap_remove(0);
        match step.compensate {
            Compensate::Missing => step.compensate = Compensate::With(with, other),
            _ => twice(notes, word, &step.name),
        }
        return Ok(End::Closed);
    }
    if text == "compensate" {
        if let Some(none) = slips::none(notes, input, &step.name) {
            step.attrs
                .stray
                .extend(attrs(notes, attributes, Place::CompensateNone).stray);
            step.compensate = Compensate::None(none, false);
            return Ok(End::Closed);
        }
    }
    let known = language::Clause::of_step().find(|clause| clause.entry().name == text);
    let Some(known) = known else {
        return Ok(unknown(notes, input, step, word, attributes));
    };
    let mut attrs = attrs(notes, attributes, Place::Clause(known));
    step.attrs.stray.append(&mut attrs.stray);
    let clause = rest(notes, input, word, attrs);
    let end = End::of(&clause.code);
    let free = match known {
        language::Clause::Resolve => step.resolve.replace(clause).is_none(),
        language::Clause::Fallback => step.fallback.replace(clause).is_none(),
        // Those of a saga are not among those of a step.
        language::Clause::Compensate | language::Clause::Publish | language::Clause::Finally => {
            matches!(
                std::mem::replace(&mut step.compensate, Compensate::Clause(clause)),
                Compensate::Missing
            )
        }
    };
    if !free {
        twice(notes, word, &step.name);
    }
    Ok(end)
}

/// Reports a clause of a name that does not exist, and leaves it out: which clause was meant is a
/// guess, and the wrong one would break other rules. So no clause of the step counts as missing.
fn unknown<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    step: &mut Step,
    word: &Ident,
    attributes: Vec<Attribute>,
) -> End {
    let text = word.to_string();
    let all = language::Clause::ALL.iter();
    let near = meant(&text, all.map(|clause| clause.entry().name));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "a step has {}; a step of its own starts with its kind, as in `step {text}(…)`",
            list(clauses_of_step())
        ),
    };
    let what = format!("unknown clause `{text}`");
    notes.errors.add(word.span(), what, help);
    notes.lost.clauses.insert(names::text(&step.name));
    if near.is_none() {
        // It may have been a step of its own.
        notes.lost.names.insert(text);
    }
    // `compensate` accepts the most attributes.
    let place = Place::Clause(language::Clause::Compensate);
    let mut attrs = attrs(notes, attributes, place);
    step.attrs.stray.append(&mut attrs.stray);
    End::of(&rest(notes, input, word, attrs).code)
}

/// The step that `compensate with` names.
fn name_of_another(input: &ParseBuffer<'_>) -> syn::Result<Ident> {
    let inside = input.cursor().group(Delimiter::Parenthesis);
    let name = inside.and_then(|(content, ..)| content.ident());
    match name {
        Some((name, _)) => {
            let what = "`compensate with` names a step without parentheses";
            let help = format!("write `compensate with {name}`");
            Err(error(input.span(), what, help))
        }
        None => input.parse(),
    }
}

fn clauses_of_step() -> impl Iterator<Item = &'static str> {
    language::Clause::of_step().map(|clause| clause.entry().name)
}

fn twice(notes: &mut Notes<'_>, word: &Ident, step: &Ident) {
    let what = format!("`{step}` has a second `{word}`");
    notes.errors.add(word.span(), what, "remove one of the two");
}

/// Parses a clause of the saga.
pub(super) fn of_saga<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    which: language::Clause,
) -> syn::Result<Clause> {
    let attributes = input.call(Attribute::parse_outer)?;
    let word = input.call(Ident::parse_any)?;
    let mut attrs = attrs(notes, attributes, Place::Clause(which));
    attrs.level(&[]);
    let clause = rest(notes, input, &word, attrs);
    match End::of(&clause.code) {
        End::Open(path) | End::Wait(path) if !input.peek(Token![;]) => unfinished(notes, path),
        _ => {
            while input.peek(Token![;]) {
                look::advance(input);
            }
        }
    }
    Ok(clause)
}

/// The reads and the code of a clause.
fn rest(notes: &mut Notes<'_>, input: &ParseBuffer<'_>, word: &Ident, mut attrs: Attrs) -> Clause {
    let reads = reads(notes, input, word);
    attrs.lose_key(notes.lost.read);
    let known = notes.errors.len();
    let (reads, mut code) = code(notes, input, word, reads, known);
    if let Code::Saga(child) = &code {
        let what = format!("`= saga` cannot be the code of `{word}`");
        let why = "only the action of a step can be a saga";
        let help = if word == "compensate" {
            "make the calls in a block here, each under `ctx.undo_key_for(\"…\")`"
        } else {
            "make the calls in a block here"
        };
        notes.errors.add_noted(child.span, what, why, help);
        code = Code::absent();
    }
    Clause {
        span: word.span(),
        attrs,
        reads,
        code,
    }
}
