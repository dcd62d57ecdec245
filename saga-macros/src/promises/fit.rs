//! How often a step of a durable saga is attempted that says nothing of it: as often as the promises of time
//! allow.

use saga_analysis::Analysis;
use saga_definition::ATTEMPTS;

use super::{holds, within};
use crate::expand;
use crate::model::Saga;
use crate::parse::{set_attempts, tried_again};

/// Lets each of these steps be attempted five times or, if `#[within]` or `#[holds]` would be broken, fewer
/// times, and at least once. The saga has no mistakes.
pub(crate) fn attempts(saga: &mut Saga) {
    let steps = tried_again(saga);
    if steps.is_empty() {
        return;
    }
    let mut times = ATTEMPTS;
    set_attempts(saga, &steps, times);
    while times > 1 && !keeps_time(saga) {
        times -= 1;
        set_attempts(saga, &steps, times);
    }
}

fn keeps_time(saga: &Saga) -> bool {
    if saga.attrs.within.is_none() && saga.steps().all(|step| step.attrs.holds.is_none()) {
        return true;
    }
    let definition = expand::declared(saga);
    let analysis = Analysis::of(&definition);
    let mut steps = 0..u16::try_from(definition.steps.len()).unwrap_or(u16::MAX);
    within::is_kept(&analysis, &definition)
        && steps.all(|step| holds::is_kept(step)(&analysis, &definition))
}
