//! Reruns: whether what may be applied when one begins says `compensate none again`, in this saga and in
//! its child sagas.
//!
//! The rule is that of `typed-saga-definition` (`Definition::left_at`). Where a child saga is declared in
//! the same call of the macro, it is judged here, and the message names its step. Of any other child, its
//! implementation of `RunsAgain` says the same.

mod child;
mod words;

use typed_saga_definition::{Begin, Definition, Why};

use crate::errors::Errors;
use crate::known::Known;
use crate::model::{Compensate, Saga, Step};

/// Reports what stands in the way of the reruns of a saga without other mistakes.
pub(crate) fn check(saga: &Saga, definition: &Definition, known: &Known<'_>, errors: &mut Errors) {
    for obstacle in definition.obstacles() {
        if let Why::Left {
            begin: Begin::Savepoint(savepoint),
            after: Some(after),
        } = obstacle.why
        {
            let met = words::Met {
                saga,
                definition,
                step: obstacle.step,
                savepoint,
                after,
            };
            met.mistake().report(none(saga.step(obstacle.step)), errors);
        }
    }
    child::check(saga, definition, known, errors);
}

/// `none` in `compensate none`.
fn none(step: &Step) -> proc_macro2::Span {
    match &step.compensate {
        Compensate::None(none, _) => *none,
        Compensate::Missing | Compensate::With(..) | Compensate::Clause(_) => step.name.span(),
    }
}
