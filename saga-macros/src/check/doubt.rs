//! Unknown outcomes: a step that can be in doubt says how that is settled.

use proc_macro2::Span;

use super::kinds::reads_with;
use super::scope::{Scope, Stage};
use crate::errors::{self, Errors, code};
use crate::model::{Compensate, Kind, Limit, Retry, Saga, Step};

pub(super) fn check(saga: &Saga, step: &Step, index: usize, scope: &Scope, errors: &mut Errors) {
    if step.kind == Kind::Read {
        return;
    }
    let stage = scope.stage(index);
    if !is_settled(step, stage) {
        unsettled(saga, scope, step, stage, errors);
    } else if let (Some(late), None, None) =
        (&step.attrs.late, step.attrs.idempotent, &step.resolve)
    {
        let what = format!("nothing of `{}` waits for a late arrival", step.name);
        let help = "only `resolve` and `#[idempotent]` do: drop `#[late]`";
        errors.add(late.span, what, help);
    }
}

/// By one of the three ways.
fn is_settled(step: &Step, stage: Stage) -> bool {
    let by_key =
        matches!(&step.compensate, Compensate::Clause(clause) if clause.attrs.by_key.is_some());
    step.resolve.is_some() || step.attrs.idempotent.is_some() || (by_key && is_undone(stage))
}

fn is_undone(stage: Stage) -> bool {
    matches!(stage, Stage::Before | Stage::Unclear)
}

fn unsettled(saga: &Saga, scope: &Scope, step: &Step, stage: Stage, errors: &mut Errors) {
    let name = &step.name;
    let ways = ways(step, stage);
    let what = match stage {
        Stage::Pivot => format!(
            "the pivot `{name}` does not say how an unknown outcome is settled: it must be known whether the point of no return is passed"
        ),
        Stage::After => {
            let pivot = scope.pivot().map(|pivot| &scope.steps[pivot]);
            let pivot = pivot.map_or("pivot", |pivot| &pivot.name);
            format!(
                "`{name}` does not say how an unknown outcome is settled: after the pivot `{pivot}` it must succeed in the end, so it is attempted again"
            )
        }
        Stage::Before | Stage::Unclear => {
            let causes = causes(saga, step);
            if causes.is_empty() {
                return repeated(saga, step, ways, errors);
            }
            format!("it may stay unknown whether `{name}` happened: {causes}")
        }
    };
    report(name.span(), what, &ways, errors);
}

/// A step that is never in doubt, but retried.
fn repeated(saga: &Saga, step: &Step, mut ways: Vec<String>, errors: &mut Errors) {
    let repeats = |retry: &&Retry| retry.limit != Limit::Times(1);
    let name = &step.name;
    let default = saga.attrs.retry.as_ref().filter(repeats);
    if let Some(own) = &step.attrs.retry {
        if repeats(&own) {
            let what =
                format!("a retry could apply `{name}` twice: nothing says that it may be repeated");
            report(own.span, what, &ways, errors);
        }
    } else if default.is_some() {
        let what = format!("the saga's default `#[retry]` could apply `{name}` twice");
        ways.push(format!("`#[retry(1)]`: `{name}` is attempted once"));
        report(name.span(), what, &ways, errors);
    }
}

fn report(span: Span, what: String, ways: &[String], errors: &mut Errors) {
    let intro = match ways.len() {
        2 => "say one of two things:",
        3 => "say one of three things:",
        _ => "say one of four things:",
    };
    errors.add(span, what, errors::ways(intro, ways));
}

/// Why the step can be in doubt; empty if it cannot.
fn causes(saga: &Saga, step: &Step) -> String {
    let causes = [
        (step.attrs.timeout.is_some(), "its `#[timeout]` may pass"),
        (
            step.attrs.timeout.is_none() && saga.attrs.timeout.is_some(),
            "the saga's default `#[timeout]` may pass",
        ),
        (
            saga.attrs.classify.is_some(),
            "`#[classify]` may answer `Unknown`",
        ),
        (
            saga.durable.is_some(),
            "a `durable` saga may be interrupted before the answer is on record",
        ),
    ];
    let causes = causes.iter().filter(|(applies, _)| *applies);
    let causes: Vec<_> = causes.map(|(_, cause)| *cause).collect();
    match causes.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{}, or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The ways out, in the words of this step.
fn ways(step: &Step, stage: Stage) -> Vec<String> {
    let reads = reads_with(step, "key");
    let effect = step.effect.as_ref().map_or("()".to_owned(), code);
    let mut ways = vec![
        "`#[idempotent]`: another attempt under the same `key` has the effect once and gives it back".to_owned(),
        format!(
            "`resolve({reads}) {{ … }}`: asks the other side for an `Option<{effect}>`, where `None` promises that it did not happen and no longer can"
        ),
    ];
    if is_undone(stage) && !matches!(step.compensate, Compensate::None(_)) {
        ways.push(format!(
            "`#[by_key] compensate({reads}) {{ … }}`: is right whether or not it happened, and stops a late arrival"
        ));
    }
    ways
}
