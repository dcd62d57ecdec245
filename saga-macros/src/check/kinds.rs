//! What each kind of step must have, and may not have.

use proc_macro2::Span;

use super::scope::{Scope, Stage};
use crate::errors::{self, Errors};
use crate::model::{Compensate, Kind, Read, Saga, Source, Step};
use crate::names::text;
use crate::parse::Lost;

pub(super) fn check(step: &Step, stage: Stage, lost: &Lost, errors: &mut Errors) {
    refused(step, errors);
    savepoint(step, stage, errors);
    match step.kind {
        Kind::Read => read(step, errors),
        Kind::Pivot => pivot(step, errors),
        Kind::Step => {
            undoable(step, stage, lost, errors);
            if stage != Stage::After {
                by_key(step, errors);
            }
        }
    }
}

/// Attributes that are no use on this kind of step.
fn refused(step: &Step, errors: &mut Errors) {
    for (attribute, span) in step.attrs.present() {
        let refusals = attribute.entry().refusals.iter();
        for refusal in refusals.filter(|refusal| refusal.kind == step.kind) {
            errors.add_noted(span, refusal.what, refusal.why, refusal.help);
        }
    }
}

/// One point of no return, with nothing beside it.
pub(super) fn pivots(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    let mut first: Option<&Step> = None;
    for (index, step) in saga
        .steps()
        .enumerate()
        .filter(|(_, step)| step.kind == Kind::Pivot)
    {
        if let Some(first) = first {
            let help = format!(
                "make `{}` a `step`: behind the point of no return that is one that succeeds in the end",
                step.name
            );
            errors.add(
                step.kind_span,
                format_args!(
                    "a second pivot: a saga has one point of no return, and that is `{}`",
                    first.name
                ),
                help,
            );
        } else if scope.is_grouped(index) {
            let help = "put it before or after the block: what runs beside the point of no return would be on neither side of it";
            errors.add(
                step.kind_span,
                "the pivot cannot stand in `concurrent`",
                help,
            );
        }
        first.get_or_insert(step);
    }
}

fn read(step: &Step, errors: &mut Errors) {
    let name = &step.name;
    let change = |clause| {
        format!("drop `{clause}`, or make `{name}` a `step` if it does change something outside")
    };
    if let Some(clause) = &step.resolve {
        errors.add(
            clause.span,
            format_args!("the `read` `{name}` is never in doubt: it is repeated instead"),
            change("resolve"),
        );
    }
    if let Some(span) = compensation(step) {
        errors.add(
            span,
            format_args!(
                "the `read` `{name}` changes nothing outside, so there is nothing to undo"
            ),
            change(compensation_text(step)),
        );
    }
}

fn pivot(step: &Step, errors: &mut Errors) {
    let name = &step.name;
    if let Some(span) = compensation(step) {
        let help = format!(
            "drop `{}`, or make `{name}` a `step` if it can be undone",
            compensation_text(step)
        );
        errors.add(
            span,
            format_args!("the pivot `{name}` is the point of no return: nothing undoes it"),
            help,
        );
    }
    if let Some(clause) = &step.fallback {
        let help =
            format!("drop `fallback`, or make `{name}` a `step` if the saga can do without it");
        errors.add(
            clause.span,
            format_args!("nothing takes the place of the pivot `{name}`: the point of no return is passed, or it is not"),
            help,
        );
    }
}

fn undoable(step: &Step, stage: Stage, lost: &Lost, errors: &mut Errors) {
    let name = &step.name;
    match (stage, compensation(step)) {
        (Stage::After, Some(span)) => {
            let help = format!(
                "drop `{}`, or declare `{name}` before the pivot",
                compensation_text(step)
            );
            errors.add(
                span,
                format_args!("`{name}` stands after the pivot, and from there nothing is undone"),
                help,
            );
        }
        (Stage::Before, None) if !lost.clauses.contains(&text(name)) => {
            let own = step
                .effect
                .as_ref()
                .map_or("key".to_owned(), |_| text(name));
            let ways = [
                format!(
                    "`compensate({}) {{ … }}`: undoes it",
                    reads_with(step, &own)
                ),
                "`compensate none`: it may be left standing".to_owned(),
                format!("`read {name}` in place of `step {name}`: it changes nothing outside"),
            ];
            errors.add(
                name.span(),
                format_args!("`{name}` does not say how it is undone"),
                errors::ways("say one of three things:", &ways),
            );
        }
        _ => {}
    }
}

fn compensation_text(step: &Step) -> &'static str {
    match step.compensate {
        Compensate::None(_) => "compensate none",
        Compensate::Missing | Compensate::Clause(_) => "compensate",
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
        (Stage::After, ..) => {
            let help = "drop `#[savepoint]`: after the pivot steps are retried, and there is no way back that could turn";
            errors.add(
                savepoint.span,
                format_args!("`{name}` stands after the pivot, where no savepoint is reached"),
                help,
            );
        }
        (_, Kind::Step, Compensate::None(_)) => {
            let help = "give it a `compensate`, or put `#[savepoint]` on an earlier step: the way back turns forward where a step has been undone";
            errors.add(
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
    let Some(span) = clause.attrs.by_key else {
        return;
    };
    let reads_key = |read: &Read| matches!(read.source, Source::Key | Source::Ctx);
    // Whoever reads the own effect is told about `key` there.
    let reads_own = |read: &Read| text(&read.name) == text(&step.name);
    if !clause
        .reads
        .iter()
        .any(|read| reads_key(read) || reads_own(read))
    {
        let help = format!(
            "read `key`, as in `compensate({})`: it promises to be right whether or not the operation of that key happened, and to stop a late one",
            reads_with(step, "key")
        );
        errors.add(
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
