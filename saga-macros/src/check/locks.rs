//! The places where a lock may be declared: each lock is requested once, with keys that do not
//! change, before the saga can run anything twice.

use super::scope::{Scope, Stage};
use crate::errors::Errors;
use crate::model::{self, Kind, Read, Saga, Step, WaitEnd};

pub(super) fn check(saga: &Saga, scope: &Scope, errors: &mut Errors) {
    for (index, step) in saga.steps().enumerate() {
        if step.kind == Kind::Lock {
            let savepoint = |step: &Step| step.attrs.savepoint.is_some();
            let savepoint = earlier(saga, scope, index, savepoint);
            placed(step, savepoint, scope.is_grouped(index), errors);
        } else if step.kind == Kind::Signal && scope.stage(index) == Stage::Before {
            signal(step, held(saga, scope, index), errors);
        }
    }
}

/// The first lock that the saga has when it reaches this step.
pub(super) fn held<'a>(saga: &'a Saga, scope: &Scope, index: usize) -> Option<&'a Step> {
    let held = earlier(saga, scope, index, |step| step.kind == Kind::Lock);
    held.map(|(_, lock)| lock)
}

/// The first step of this sort that comes before, and is not in another arm of the same `when`.
fn earlier<'a>(
    saga: &'a Saga,
    scope: &Scope,
    index: usize,
    is: impl Fn(&Step) -> bool,
) -> Option<(usize, &'a Step)> {
    let excludes = |one: usize| {
        scope
            .facts()
            .excludes(model::index(one), model::index(index))
    };
    let mut before = saga.steps().enumerate().take(index);
    before.find(|(one, step)| is(step) && !excludes(*one))
}

fn placed(step: &Step, savepoint: Option<(usize, &Step)>, is_grouped: bool, errors: &mut Errors) {
    let name = &step.name;
    if is_grouped {
        let what = format!("the lock `{name}` cannot be in a `concurrent` block");
        let why = "two locks of a block could be requested in any order, and sagas could wait for each \
            other";
        let help = "move it before the block: its steps run while the saga has the lock";
        errors.add_noted(step.kind_span, what, why, help);
    } else if let Some((index, savepoint)) = savepoint {
        let savepoint = &savepoint.name;
        let what = format!("the lock `{name}` cannot be taken after the savepoint `{savepoint}`");
        let why = "after a rollback to the savepoint the saga would take the lock again, perhaps with other \
            keys, while it still has the first ones";
        let is_later = |read: &Read| read.effects().any(|step| step >= index);
        let help = if step.reads.iter().any(is_later) {
            format!("move `#[savepoint]` to a step after `{name}`")
        } else {
            format!(
                "move `{name}` before `{savepoint}`, or `#[savepoint]` to a step after `{name}`"
            )
        };
        errors.add_noted(step.kind_span, what, why, help);
    }
}

/// Reports a wait without a limit while the saga has a lock: no other saga that needs the key could
/// continue.
fn signal(step: &Step, lock: Option<&Step>, errors: &mut Errors) {
    let wait = step.attrs.wait.as_ref();
    let forever = wait.filter(|wait| matches!(wait.end, WaitEnd::Never));
    let Some((lock, wait)) = lock.zip(forever) else {
        return;
    };
    let (name, lock) = (&step.name, &lock.name);
    let what = format!("the saga may wait for `{name}` forever, while it has the lock `{lock}`");
    let why = "all sagas that need the same key would wait with it";
    let help = format!("write a duration in place of `never`, or declare `{name}` before `{lock}`");
    errors.add_noted(wait.span, what, why, help);
}
