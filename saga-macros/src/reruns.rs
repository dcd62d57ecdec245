//! Reruns: whether what remains over one says what the rerun does about it, in this saga and in its
//! child sagas.
//!
//! The rules are those of `typed-saga-definition` (`Definition::obstacles`). Where a child saga is
//! declared in the same call of the macro, it is judged here, and the message names its step. Of
//! any other child, its implementation of `Renewed` says the same.

mod child;
mod mend;
mod place;
mod words;

use typed_saga_definition::Definition;

use self::mend::concerns;
use self::words::Met;
use crate::errors::Errors;
use crate::known::Known;
use crate::model::Saga;

/// Reports what stands in the way of the reruns of a saga without other mistakes.
pub(crate) fn check(saga: &Saga, definition: &Definition, known: &Known<'_>, errors: &mut Errors) {
    if saga.reruns_unchecked() {
        return;
    }
    for obstacle in definition.obstacles() {
        let met = Met::of_savepoint(saga, definition, &obstacle);
        let still = |changed: &Definition| concerns(&changed.obstacles(), obstacle.step);
        met.mistake(&still).report(met.place(), errors);
    }
    child::check(saga, definition, known, errors);
}
