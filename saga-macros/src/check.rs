//! The rules that the grammar cannot express: which names exist at each place, and what a step of
//! each kind has to declare.
//!
//! Types are left to rustc. Each mistake is reported once, at the user's smallest token, and not at
//! all if [`Lost`] explains it.

mod arms;
mod child;
mod doubt;
mod durable;
mod events;
mod heal;
mod introduced;
mod keys;
mod kinds;
mod locks;
mod mistake;
mod names;
mod place;
mod reads;
mod scope;
mod services;
mod shape;
mod types;
mod untyped;
mod waits;
mod with;

use syn::Type;

use crate::declare::Declared;
use crate::errors::Errors;
use crate::model::Saga;
use crate::parse::Lost;

pub(crate) use self::kinds::reads_with;
pub(crate) use self::mistake::Mistake;
use self::scope::Scope;
pub(crate) use self::untyped::check as untyped;

/// Fills in the source of each read and whatever has a default, and reports mistakes. `known` are
/// the parser's errors. The result has the saga as data, which others may rely on if there are none.
pub(crate) fn check(saga: &mut Saga, lost: &Lost, known: Errors) -> (Errors, Declared) {
    let mut errors = known;
    arms::check(saga, &mut errors);
    shape::check(saga, lost, &mut errors);
    types::check(saga, &mut errors);
    names::check(saga, &mut errors);
    services::check(saga, lost, &mut errors);
    let mut scope = Scope::of(saga, lost);
    reads::resolve(saga, &scope, lost, &mut errors);
    scope.know(saga);
    events::check(saga, lost, &mut errors);
    durable::check(saga, lost, &mut errors);
    saga.unreadable = durable::parameters(saga, lost, &mut errors);
    kinds::pivots(saga, &scope, &mut errors);
    kinds::word_at_the_end(saga, &scope, &mut errors);
    introduced::check(saga, &scope, &mut errors);
    locks::check(saga, &scope, &mut errors);
    for (index, step) in saga.steps().enumerate() {
        kinds::check(step, scope.stage(index), lost, &mut errors);
        let is_locked = locks::held(saga, &scope, index).is_some();
        waits::check(step, scope.stage(index), is_locked, lost, &mut errors);
        keys::check(saga, step, index, &scope, &mut errors);
        doubt::check(saga, step, index, &scope, lost, &mut errors);
        durable::lateness(saga, step, lost, &mut errors);
        with::check(saga, step, index, &scope, lost, &mut errors);
        child::check(saga, step, &mut errors);
    }
    if let Some(first) = errors.first() {
        heal::heal(saga, lost, first);
    }
    (errors, scope.declared)
}

/// Whether a saga with mistakes can still be expanded. If not, rustc would report its mistakes
/// again wherever the saga is used.
pub(crate) fn is_whole(saga: &Saga) -> bool {
    let borrows = saga.generics.lifetimes().next().is_some();
    !borrows && !matches!(saga.error, Type::Infer(_))
}
