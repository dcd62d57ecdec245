//! What a `durable` saga says on top.

use proc_macro2::Span;

use crate::errors::Errors;
use crate::model::{Kind, Saga, Step};
use crate::parse::Lost;

pub(super) fn check(saga: &Saga, lost: &Lost, errors: &mut Errors) {
    let Some(durable) = saga.durable else { return };
    if saga.attrs.classify.is_none() && !lost.classify {
        let help = "add `#[classify(Error::verdict)]`, or `#[classify(saga::transient)]` if a failed attempt never leaves anything behind";
        errors.add_help(durable, "a `durable` saga says what an `Err` means", help);
    }
    if saga.attrs.timeout.is_none() {
        timeouts(saga, durable, errors);
    }
    for step in saga.steps() {
        lateness(saga, step, errors);
    }
}

/// One error if no step has a timeout, since one default mends them all.
fn timeouts(saga: &Saga, durable: Span, errors: &mut Errors) {
    let help = "add `#[timeout(30s)]`, as a default to the saga or to the step: an attempt without one can hold up the saga for ever";
    if saga.steps().all(|step| step.attrs.timeout.is_none()) {
        if saga.steps().next().is_some() {
            errors.add_help(
                durable,
                "a `durable` saga limits how long an attempt may take",
                help,
            );
        }
        return;
    }
    for step in saga.steps().filter(|step| step.attrs.timeout.is_none()) {
        let what = format!(
            "`{}` has no `#[timeout]`, and a `durable` saga limits how long an attempt may take",
            step.name
        );
        errors.add_help(step.name.span(), what, help);
    }
}

/// An early "no" from `resolve` would be false.
fn lateness(saga: &Saga, step: &Step, errors: &mut Errors) {
    let known =
        step.attrs.late.is_some() || saga.attrs.late.is_some() || step.attrs.idempotent.is_some();
    let Some(resolve) = step
        .resolve
        .as_ref()
        .filter(|_| !known && step.kind != Kind::Read)
    else {
        return;
    };
    let what = format!(
        "`resolve` cannot tell how late `{}` may still happen",
        step.name
    );
    let help = "add `#[late(30s)]`: how long after an attempt its operation may still arrive; `#[late(0s)]` if it cannot; or `#[idempotent]`";
    errors.add_help(resolve.span, what, help);
}
