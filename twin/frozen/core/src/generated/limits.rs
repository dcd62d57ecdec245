//! Whether a saga has time limits, and what it needs for them: a runtime with timers, which it asks
//! for before its first step.

use crate::{
    definition::{Call, Compensation, Definition, DefinitionRef, Kind, List, Step},
    generated::machine::{Machine, name},
};
use std::time::Duration;
use tokio::{runtime, time::sleep};

/// Whether the saga, or a child saga, has a time limit: of a call, of a wait for a signal, or as a
/// whole. (The waits of a sleep and of a retry are no limits. A wait for a lock ends without a timer,
/// too, once its keys are free.)
///
/// # Panics
/// If the declaration is not that of a program.
#[must_use]
pub const fn has_limits(definition: &Definition) -> bool {
    let mut steps = match &definition.steps {
        List::Borrowed(steps) => *steps,
        List::Owned(_) => panic!("a constant owns nothing"),
    };
    if definition.deadline.is_some() || is_limited(definition.publish.as_ref()) {
        return true;
    }
    while let [step, behind @ ..] = steps {
        if has_limit(step) {
            return true;
        }
        steps = behind;
    }
    false
}

const fn has_limit(step: &Step) -> bool {
    let compensation = match &step.compensation {
        Compensation::Declared { call, .. } => Some(call),
        _ => None,
    };
    let rare = step.rare.get();
    (step.timeout.is_some() && !matches!(step.kind, Kind::Sleep | Kind::Lock))
        || is_limited(compensation)
        || matches!(&step.resolve, Some(call) if is_limited(Some(call.get())))
        || matches!(&rare.fallback, Some(call) if is_limited(Some(call.get())))
        || matches!(&rare.child, Some(child) if of_part(&child.definition))
        || matches!(&rare.items, Some(items) if of_part(&items.each))
}

const fn is_limited(call: Option<&Call>) -> bool {
    matches!(call, Some(call) if call.timeout.is_some())
}

const fn of_part(definition: &DefinitionRef) -> bool {
    match definition {
        DefinitionRef::Static(definition) => has_limits(definition),
        DefinitionRef::Shared(_) => panic!("a constant owns nothing"),
    }
}

/// Asks for the timers that the saga needs, if it has time limits.
#[inline]
pub(crate) fn check_timers<M: Machine>() {
    if const { has_limits(M::DEFINITION) } {
        need_timers(name::<M>());
    }
}

/// Asks for timers, for what is called `who`.
///
/// # Panics
/// Outside of a tokio runtime with its timer enabled.
pub fn need_timers(who: &str) {
    assert!(
        runtime::Handle::try_current().is_ok(),
        "`{who}` has time limits, so it needs a tokio runtime: build one with `enable_time`, or \
         with `enable_all`, and run it there"
    );
    // Tokio does not tell whether a runtime has timers. It panics, and says to call `enable_time`.
    drop(sleep(Duration::ZERO));
}
