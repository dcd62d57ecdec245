//! Unknown outcomes: a step that can be in doubt says how that is settled.

use super::kinds::reads_with;
use super::scope::{Scope, Stage};
use crate::errors::Errors;
use crate::model::{Compensate, Kind, Saga, Step};

pub(super) fn check(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    for (index, step) in saga
        .steps()
        .enumerate()
        .filter(|(_, step)| step.kind != Kind::Read)
    {
        let stage = scope.stage(index);
        if !is_settled(step, stage) {
            unsettled(saga, scope, step, stage, errors);
        } else if let (Some(late), None, None) =
            (&step.attrs.late, step.attrs.idempotent, &step.resolve)
        {
            let help = "only `resolve` and `#[idempotent]` wait for a late arrival: drop `#[late]`";
            errors.add_help(
                late.span,
                format_args!("nothing of `{}` waits for this", step.name),
                help,
            );
        }
    }
}

/// By one of the three ways.
fn is_settled(step: &Step, stage: Stage) -> bool {
    let by_key = matches!(&step.compensate, Compensate::Clause(clause) if clause.by_key.is_some());
    let undone = matches!(stage, Stage::Before | Stage::Unclear);
    step.resolve.is_some() || step.attrs.idempotent.is_some() || (by_key && undone)
}

fn unsettled(saga: &Saga, scope: &Scope, step: &Step, stage: Stage, errors: &mut Errors) {
    let name = &step.name;
    let ways = ways(step, stage);
    match stage {
        Stage::Pivot => {
            let what = format!(
                "the pivot `{name}` does not say how an unknown outcome is settled: whether the point of no return is passed must be known"
            );
            errors.add_help(name.span(), what, ways);
        }
        Stage::After => {
            let pivot = scope
                .pivot()
                .map_or("pivot", |pivot| &scope.steps[pivot].name);
            let what = format!(
                "`{name}` does not say how an unknown outcome is settled: after the pivot `{pivot}` it must succeed in the end, so it is attempted again"
            );
            errors.add_help(name.span(), what, ways);
        }
        Stage::Before | Stage::Unclear => {
            let causes = causes(saga, step);
            if !causes.is_empty() {
                let what = format!(
                    "it may stay unknown whether `{name}` happened: {}",
                    causes.join(", and ")
                );
                errors.add_help(name.span(), what, ways);
            } else if let Some(retry) = &step.attrs.retry {
                errors.add_help(
                    retry.span,
                    format_args!("a retry could apply `{name}` twice"),
                    ways,
                );
            } else if saga.attrs.retry.is_some() {
                errors.add_help(
                    name.span(),
                    format_args!("the saga's default `#[retry]` could apply `{name}` twice"),
                    ways,
                );
            }
        }
    }
}

fn causes(saga: &Saga, step: &Step) -> Vec<&'static str> {
    let causes = [
        (step.attrs.timeout.is_some(), "it has a `#[timeout]`"),
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
            "a `durable` saga may be interrupted before its answer is on record",
        ),
    ];
    causes
        .into_iter()
        .filter(|(applies, _)| *applies)
        .map(|(_, cause)| cause)
        .collect()
}

/// The ways out, in the words of this step.
fn ways(step: &Step, stage: Stage) -> String {
    let reads = reads_with(step, "key");
    let mut ways = vec![
        "say one of".to_owned(),
        "`#[idempotent]`: running it again under the same `key` has the effect once and gives it back".to_owned(),
        format!("`resolve({reads}) {{ … }}`: asks the other side; `None` promises that it did not happen and no longer can"),
    ];
    let undone = matches!(stage, Stage::Before | Stage::Unclear);
    if undone && !matches!(step.compensate, Compensate::None(_)) {
        ways.push(format!("`#[by_key] compensate({reads}) {{ … }}`: right whether or not it happened, and stops a late arrival"));
    }
    ways.join("\n  ")
}
