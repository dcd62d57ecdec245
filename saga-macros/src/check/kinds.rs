//! What each kind of step must have, and may not have.

use proc_macro2::Span;

use super::scope::{Scope, Stage};
use crate::errors::Errors;
use crate::model::{Compensate, Kind, Saga, Source, Step};
use crate::names::text;
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, scope: &Scope, lost: &Lost, errors: &mut Errors) {
    pivots(saga, scope, errors);
    for (index, step) in saga.steps().enumerate() {
        match step.kind {
            Kind::Read => read(step, errors),
            Kind::Pivot => pivot(step, errors),
            Kind::Step => undoable(step, scope.stage(index), lost, errors),
        }
        savepoint(step, scope.stage(index), errors);
        by_key(step, errors);
    }
}

fn pivots(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    let mut first: Option<&Step> = None;
    for (index, step) in saga
        .steps()
        .enumerate()
        .filter(|(_, step)| step.kind == Kind::Pivot)
    {
        if let Some(first) = first {
            let help = "a saga has one point of no return; after it, a `step` is one that succeeds in the end";
            errors.add_help(
                step.kind_span,
                format_args!("a second pivot: `{}` is the first", first.name),
                help,
            );
        } else if scope.is_grouped(index) {
            let help = "put it before or after the block: what runs beside the point of no return would be on neither side of it";
            errors.add_help(
                step.kind_span,
                "the pivot does not stand in `concurrent`",
                help,
            );
        }
        first.get_or_insert(step);
    }
}

fn read(step: &Step, errors: &mut Errors) {
    let name = &step.name;
    if let Some(span) = compensation(step) {
        let help = format!("drop this, or make `{name}` a `step` if it changes something outside");
        errors.add_help(
            span,
            format_args!(
                "the `read` `{name}` changes nothing outside, so there is nothing to undo"
            ),
            help,
        );
    }
    if let Some(clause) = &step.resolve {
        let help = format!("drop this, or make `{name}` a `step` if it changes something outside");
        errors.add_help(
            clause.span,
            format_args!("the `read` `{name}` is never in doubt: it is repeated instead"),
            help,
        );
    }
    if let Some(span) = step.attrs.idempotent {
        errors.add_help(
            span,
            "a `read` may be repeated as it is",
            "drop `#[idempotent]`",
        );
    }
    if let Some(late) = &step.attrs.late {
        errors.add_help(
            late.span,
            "a `read` has no effect that could arrive late",
            "drop `#[late]`",
        );
    }
}

fn pivot(step: &Step, errors: &mut Errors) {
    let name = &step.name;
    if let Some(span) = compensation(step) {
        let help = format!("drop this, or make `{name}` a `step` if it can be undone");
        errors.add_help(
            span,
            format_args!("the pivot `{name}` is the point of no return: nothing undoes it"),
            help,
        );
    }
    if let Some(clause) = &step.fallback {
        let help = "a saga is past the point of no return, or it is not: nothing takes the place of the pivot";
        errors.add_help(
            clause.span,
            format_args!("the pivot `{name}` has a `fallback`"),
            help,
        );
    }
}

fn undoable(step: &Step, stage: Stage, lost: &Lost, errors: &mut Errors) {
    let name = &step.name;
    match (stage, compensation(step)) {
        (Stage::After, Some(span)) => {
            let help = format!("drop this, or declare `{name}` before the pivot");
            errors.add_help(
                span,
                format_args!("`{name}` stands after the pivot, and from there nothing is undone"),
                help,
            );
        }
        (Stage::Before, None) if !lost.clauses.contains(&text(name)) => {
            let undo = match step.effect {
                Some(_) => format!("compensate({})", reads_with(step, &name.to_string())),
                None => format!("compensate({})", reads_with(step, "key")),
            };
            let help = format!(
                "add `{undo} {{ … }}`, say `compensate none` if it may be left standing, or make it a `read` if it changes nothing outside"
            );
            errors.add_help(
                name.span(),
                format_args!("`{name}` does not say how it is undone"),
                help,
            );
        }
        _ => {}
    }
}

/// The span of `compensate` or `none`.
fn compensation(step: &Step) -> Option<Span> {
    match &step.compensate {
        Compensate::Missing => None,
        Compensate::None(span) => Some(*span),
        Compensate::Clause(clause) => Some(clause.span),
    }
}

fn savepoint(step: &Step, stage: Stage, errors: &mut Errors) {
    let Some(savepoint) = &step.attrs.savepoint else {
        return;
    };
    let name = &step.name;
    match (stage, step.kind, &step.compensate) {
        (Stage::Pivot, ..) => {
            errors.add_help(
                savepoint.span,
                "the pivot is no savepoint: once it is passed there is no way back",
                "put `#[savepoint]` on a step before it, or use `#[retry]`",
            );
        }
        (Stage::After, ..) => {
            let help = "drop it: after the pivot steps are retried, and there is no way back that could turn";
            errors.add_help(
                savepoint.span,
                format_args!("`{name}` stands after the pivot, where no savepoint is reached"),
                help,
            );
        }
        (_, Kind::Step, Compensate::None(_)) => {
            let help = "the way back turns forward where a step has been undone: say how, or put `#[savepoint]` on an earlier step";
            errors.add_help(
                savepoint.span,
                format_args!("a savepoint with nothing to turn: `{name}` is not undone"),
                help,
            );
        }
        _ => {}
    }
}

/// A compensation that finds by the key what it undoes.
fn by_key(step: &Step, errors: &mut Errors) {
    let Compensate::Clause(clause) = &step.compensate else {
        return;
    };
    let Some(span) = clause.by_key else { return };
    if !clause
        .reads
        .iter()
        .any(|read| matches!(read.source, Source::Key | Source::Ctx))
    {
        let help = "read `key`: the compensation promises to be right whether or not the operation of that key happened, and to stop a late one";
        errors.add_help(
            span,
            format_args!(
                "the `#[by_key]` compensation of `{}` reads neither `key` nor `ctx`",
                step.name
            ),
            help,
        );
    }
}

/// The first service that the action reads, then `last`: what another call to the same service would read.
pub(super) fn reads_with(step: &Step, last: &str) -> String {
    let service = step
        .reads
        .iter()
        .find(|read| matches!(read.source, Source::Service(_)));
    service.map_or_else(
        || last.to_owned(),
        |service| format!("{}, {last}", service.name),
    )
}
