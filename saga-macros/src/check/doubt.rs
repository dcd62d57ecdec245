//! Unknown outcomes: a step that can be in doubt must declare how the doubt is settled.
//!
//! It is not enough that a compensation does not read the effect of its step: if a credit "undoes"
//! a debit that was refused, it creates money. Nor is an I/O error a refusal, because a refusal
//! ends doubt.

use proc_macro2::Span;
use typed_saga_definition::language::Attribute;

use super::kinds::{as_a_read, reads_with};
use super::scope::{Scope, Stage};
use crate::errors::{self, Errors, code};
use crate::model::{Compensate, Kind, Limit, Retry, Saga, Source, Step};
use crate::names::text;
use crate::parse::Lost;

pub(super) fn check(
    saga: &Saga,
    step: &Step,
    index: usize,
    scope: &Scope,
    lost: &Lost,
    errors: &mut Errors,
) {
    let settles = matches!(step.kind, Kind::Step | Kind::Pivot);
    if !settles || step.child().is_some() || lost.clauses.contains(&text(&step.name)) {
        return;
    }
    if lost.strays(&step.attrs, &[Attribute::Idempotent, Attribute::ByKey]) {
        return;
    }
    let stage = scope.stage(index);
    if !scope.facts().steps[index].acting().can_be_settled() {
        unsettled(saga, scope, step, stage, lost, errors);
    } else if let (Some(late), None, None) = (
        step.attrs.span_of(Attribute::Late),
        &step.attrs.idempotent,
        &step.resolve,
    ) {
        let what = format!("`#[late]` does nothing on `{}`", step.name);
        let why = "its `#[by_key]` compensation stops requests that arrive late, and nothing else \
            waits for them";
        errors.add_noted(late, what, why, "remove `#[late]`, or add `resolve`");
    }
}

fn unsettled(
    saga: &Saga,
    scope: &Scope,
    step: &Step,
    stage: Stage,
    lost: &Lost,
    errors: &mut Errors,
) {
    let name = &step.name;
    let ways = ways(step, stage);
    let why = match stage {
        Stage::Pivot => {
            "until the saga knows whether the pivot happened, it can neither continue nor roll back"
                .to_owned()
        }
        Stage::After => {
            let pivot = scope.pivot().map(|pivot| &scope.steps[pivot]);
            let pivot = pivot.map_or("pivot", |pivot| &pivot.name);
            format!(
                "after the pivot `{pivot}`, `{name}` must succeed eventually, so it is attempted again"
            )
        }
        Stage::Before | Stage::Unclear => {
            let causes = causes(saga, step);
            if causes.is_empty() && lost.classify {
                // It may have said that a retry is safe.
                return;
            } else if causes.is_empty() {
                return repeated(saga, step, ways, errors);
            }
            causes
        }
    };
    let pivot = if stage == Stage::Pivot {
        "the pivot "
    } else {
        ""
    };
    let what = format!(
        "if the answer to {pivot}`{name}` is lost, the saga cannot tell whether it happened"
    );
    let help = errors::ways("declare how to find out:", &ways);
    errors.add_noted(name.span(), &what, &why, help);
}

/// Reports a step that is never in doubt, but retried without declaring that it may be repeated.
fn repeated(saga: &Saga, step: &Step, mut ways: Vec<String>, errors: &mut Errors) {
    const WHY: &str = "the step does not declare that it may be repeated";
    if saga.is_transient(step) {
        return;
    }
    let repeats = |retry: &&Retry| retry.limit != Limit::Times(1);
    let name = &step.name;
    let default = saga.attrs.retry.as_ref().filter(repeats);
    if let Some(own) = &step.attrs.retry {
        if repeats(&own) {
            let what = format!("a retry could apply `{name}` twice");
            report(own.span, &what, WHY, &ways, errors);
        }
    } else if default.is_some() {
        let what = format!("the saga's default `#[retry]` could apply `{name}` twice");
        ways.push(format!("`#[retry(1)]`: `{name}` is attempted once"));
        report(name.span(), &what, WHY, &ways, errors);
    }
}

fn report(span: Span, what: &str, why: &str, ways: &[String], errors: &mut Errors) {
    errors.add_noted(span, what, why, errors::ways("add one of:", ways));
}

/// The reasons why the step can be in doubt; empty if it cannot.
fn causes(saga: &Saga, step: &Step) -> String {
    let causes = [
        (step.attrs.timeout.is_some(), "its `#[timeout]` may expire"),
        (
            step.attrs.timeout.is_none() && saga.attrs.timeout.is_some(),
            "the saga's default `#[timeout]` may expire",
        ),
        (
            saga.classify_of(step).is_some() && !saga.is_transient(step),
            "`#[classify]` may return `Unknown`",
        ),
        (
            saga.durable.is_some(),
            "the process of a `durable` saga may stop before the answer is recorded",
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

/// What `#[idempotent]` promises: one of several ways to settle doubt.
pub(super) const IDEMPOTENT: &str = "`#[idempotent]`: the service acts once on requests with the \
    same `key`, and returns the original result again";

/// The ways to settle doubt, in the words of this step.
fn ways(step: &Step, stage: Stage) -> Vec<String> {
    let reads = reads_with(step, "key");
    let effect = step.effect.as_ref().map_or("()".to_owned(), code);
    let mut ways = vec![
        IDEMPOTENT.to_owned(),
        format!(
            "`resolve({reads}) {{ … }}`: asks the service and returns an `Option<{effect}>`; \
             `None` promises that the step did not happen and no longer can"
        ),
    ];
    let has_code = matches!(step.compensate, Compensate::Missing | Compensate::Clause(_));
    if stage.is_undone() && has_code {
        ways.push(format!(
            "`#[by_key] compensate({reads}) {{ … }}`: cancels by `key`, whether or not the step \
             happened, and stops a request that is still on its way"
        ));
    }
    if step.kind == Kind::Step && calls_nobody(step) {
        ways.push(as_a_read(step));
    }
    ways
}

/// Whether the action gets no service to call: it may only look at what others have returned.
fn calls_nobody(step: &Step) -> bool {
    let mut reads = step.reads.iter();
    !reads.any(|read| matches!(read.source, Source::Service(_) | Source::Unknown))
}
