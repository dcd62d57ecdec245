//! What a step of each kind must declare, and what it may not declare.

use proc_macro2::{Span, TokenTree};

use super::scope::{Scope, Stage};
use crate::errors::{self, Errors};
use crate::model::{Compensate, Kind, Saga, Source, Step};
use crate::names::text;
use crate::parse::Lost;
use crate::similar::similar;
use typed_saga_definition::Compensation;

pub(super) fn check(step: &Step, stage: Stage, lost: &Lost, errors: &mut Errors) {
    looped(step, errors);
    refused(step, errors);
    savepoint(step, stage, errors);
    after(step, errors);
    match step.kind {
        Kind::Read => read(step, errors),
        Kind::Pivot => pivot(step, errors),
        Kind::Signal | Kind::Sleep | Kind::Lock => {}
        Kind::Step => undoable(step, stage, lost, errors),
    }
}

/// Reports attributes that do not apply to this kind of step.
fn refused(step: &Step, errors: &mut Errors) {
    for (attribute, span) in &step.attrs.present {
        let refusals = attribute.entry().refusals.iter();
        for refusal in refusals.filter(|refusal| refusal.kind == step.kind) {
            errors.add_noted(*span, refusal.what, refusal.why, refusal.help);
        }
    }
}

/// Reports a step that `#[after]` names although the action reads it.
fn after(step: &Step, errors: &mut Errors) {
    // A step that is undone with another one does not depend on what it reads.
    if step.with().is_some() {
        return;
    }
    for named in step.attrs.after.iter().flatten() {
        let is_step = matches!(named.source, Source::Effect(_) | Source::Arms(_));
        let is_read = step.reads.iter().any(|read| read.source == named.source);
        if is_step && is_read {
            let (own, name) = (&step.name, named.shown());
            let what = format!("`{name}` is not needed in `#[after]`");
            let why = format!("`{own}` reads `{name}`, so it depends on `{name}` in any case");
            let help = match &step.attrs.after {
                Some(all) if all.len() == 1 => "remove `#[after]`".to_owned(),
                _ => format!("remove `{name}` from `#[after]`"),
            };
            errors.add_noted(name.span(), what, why, help);
        }
    }
}

/// Checks that there is at most one pivot, and that it has no siblings.
pub(super) fn pivots(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    let mut first: Option<&Step> = None;
    for (index, step) in saga
        .steps()
        .enumerate()
        .filter(|(_, step)| step.kind == Kind::Pivot)
    {
        if let Some(first) = first {
            let name = &step.name;
            let what = format!("`{name}` is a second pivot");
            let why = format!(
                "a saga has one point of no return, which is `{}`",
                first.name
            );
            let help =
                format!("make `{name}` a `step`: after the pivot it must succeed eventually");
            errors.add_noted(step.kind_span, what, why, help);
        } else if scope.is_grouped(index) {
            let what = "the pivot cannot be in a `concurrent` block";
            let why = "its siblings would be neither before nor after the point of no return";
            let help = "move it before or after the block";
            errors.add_noted(step.kind_span, what, why, help);
        }
        if scope.condition(index).is_some() {
            let what = "the pivot cannot be in a `when` block";
            let why = "whether the saga can still roll back would depend on the condition";
            let help = "move it before or after the block";
            errors.add_noted(step.kind_span, what, why, help);
        }
        first.get_or_insert(step);
    }
}

/// Reports a pivot in a loop: a saga has one pivot, not one for each item.
fn looped(step: &Step, errors: &mut Errors) {
    let Some(looped) = step.looped.as_ref().filter(|_| step.kind == Kind::Pivot) else {
        return;
    };
    let name = &step.name;
    let what = format!("the pivot `{name}` cannot be in a loop");
    let why = "a saga has one point of no return, and a loop has as many steps as items";
    let help = "do it for all items in one call, or make it a `step` before or after the pivot";
    errors.add_noted(looped.span, what, why, help);
}

fn read(step: &Step, errors: &mut Errors) {
    let name = &step.name;
    let mut refuse = |span, clause, why| {
        let what = format!("`{clause}` cannot be used on the `read` `{name}`");
        let help = format!(
            "remove `{clause}`, or make `{name}` a `step` if it changes something outside the saga"
        );
        errors.add_noted(span, what, why, help);
    };
    if let Some(clause) = &step.resolve {
        refuse(
            clause.span,
            "resolve",
            "a `read` whose outcome is unknown is simply repeated",
        );
    }
    if let Some(span) = compensation(step) {
        refuse(
            span,
            compensation_text(step),
            "a `read` changes nothing outside the saga, so there is nothing to undo",
        );
    }
}

fn pivot(step: &Step, errors: &mut Errors) {
    let name = &step.name;
    if let Some(span) = compensation(step) {
        let clause = compensation_text(step);
        let what = format!("`{clause}` cannot be used on the pivot `{name}`");
        let why = "the pivot is the point of no return: it is never undone";
        let help = format!("remove `{clause}`, or make `{name}` a `step` if it can be undone");
        errors.add_noted(span, what, why, help);
    }
    if let Some(clause) = &step.fallback {
        let what = format!("`fallback` cannot be used on the pivot `{name}`");
        let why = "no value can replace the point of no return";
        let help =
            format!("remove `fallback`, or make `{name}` a `step` if the saga can do without it");
        errors.add_noted(clause.span, what, why, help);
    }
}

fn undoable(step: &Step, stage: Stage, lost: &Lost, errors: &mut Errors) {
    let name = &step.name;
    match (stage, compensation(step)) {
        (Stage::After, Some(span)) => {
            let clause = compensation_text(step);
            let what = format!("`{clause}` cannot be used after the pivot");
            let why = format!("`{name}` comes after the pivot, where nothing is undone");
            let help = format!("remove `{clause}`, or declare `{name}` before the pivot");
            errors.add_noted(span, what, why, help);
        }
        (Stage::Before, None) if step.child().is_some() => {}
        (Stage::Before, None) if !lost.clauses.contains(&text(name)) => {
            let own = step
                .effect
                .as_ref()
                .map_or("key".to_owned(), |_| text(name));
            let ways = [
                format!(
                    "`compensate({}) {{ … }}`: undoes the step",
                    reads_with(step, &own)
                ),
                "`compensate none`: its effect may remain".to_owned(),
                "`compensate with …`: the compensation of an earlier step undoes it".to_owned(),
                as_a_read(step),
            ];
            errors.add(
                name.span(),
                format_args!("`{name}` does not say how it is undone"),
                errors::ways("write one of:", &ways),
            );
        }
        _ => {}
    }
}

pub(super) fn compensation_text(step: &Step) -> &'static str {
    match step.compensate {
        Compensate::None(..) => "compensate none",
        Compensate::With(..) => "compensate with",
        Compensate::Missing | Compensate::Clause(_) => "compensate",
    }
}

/// The span of `compensate`, `none` or `with`.
pub(super) fn compensation(step: &Step) -> Option<Span> {
    match &step.compensate {
        Compensate::Missing => None,
        Compensate::None(span, _) | Compensate::With(span, _) => Some(*span),
        Compensate::Clause(clause) => Some(clause.span),
    }
}

/// Reports a misspelt word after the last `compensate none`, which was taken for the final
/// expression.
pub(super) fn word_at_the_end(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    let is_left = |step: &Step| matches!(step.compensate, Compensate::None(_, false));
    let last = saga.steps().last().filter(|last| is_left(last));
    let mut tail = saga.tail.clone().unwrap_or_default().into_iter();
    let (Some(_), Some(TokenTree::Ident(word)), None) = (last, tail.next(), tail.next()) else {
        return;
    };
    let known = scope.order.iter().map(String::as_str);
    // A word of the language would have been taken for it, but for a `;`.
    let is_word = text(&word) == Compensation::AGAIN;
    let is_value = is_word || similar(&text(&word), known).is_some();
    if !is_value && similar(&text(&word), [Compensation::AGAIN]).is_some() {
        let what = format!("`{word}` cannot follow `compensate none`");
        errors.add(word.span(), what, "did you mean `again`?");
    }
}

fn savepoint(step: &Step, stage: Stage, errors: &mut Errors) {
    let Some(savepoint) = &step.attrs.savepoint else {
        return;
    };
    let name = &step.name;
    match (stage, step.kind, &step.compensate) {
        (Stage::After, ..) => {
            let what = "`#[savepoint]` cannot be used after the pivot";
            let why = format!("`{name}` comes after the pivot, where the saga never rolls back");
            let help = "remove `#[savepoint]`; steps after the pivot are retried";
            errors.add_noted(savepoint.span, what, why, help);
        }
        (_, Kind::Step, Compensate::None(..)) => {
            let what = "`#[savepoint]` cannot be used with `compensate none`";
            let why = format!(
                "a savepoint runs its step again, and `{name}` would not be undone before that"
            );
            let help = format!(
                "give `{name}` a `compensate(…)`; or put `#[savepoint]` on the next step: a rerun from there \
                 does not call `{name}`"
            );
            errors.add_noted(savepoint.span, what, why, help);
        }
        _ => {}
    }
}

/// The way out for a step that is none.
pub(super) fn as_a_read(step: &Step) -> String {
    let name = &step.name;
    format!("`read {name}` in place of `step {name}`: it changes nothing outside the saga")
}

/// The first service that the action reads, then `last`: the reads of another call to the same
/// service.
pub(crate) fn reads_with(step: &Step, last: &str) -> String {
    let service = step
        .reads
        .iter()
        .find(|read| matches!(read.source, Source::Service(_)));
    service.map_or_else(
        || last.to_owned(),
        |service| format!("{}, {last}", service.name),
    )
}
