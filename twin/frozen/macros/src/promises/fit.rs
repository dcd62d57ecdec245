//! How often a step of a durable saga is attempted that says nothing of it: five times or, if a
//! `#[holds]` would be broken, fewer times.
//!
//! `#[within]` needs no such limit. It sets a deadline, after which no such attempt begins, and what
//! the pivot takes to settle after it is the time of one attempt.

use twin_analysis::Analysis;
use twin_definition::ATTEMPTS;

use super::holds;
use crate::expand;
use crate::model::Saga;
use crate::parse::{set_attempts, tried_again};

/// Lets each of these steps be attempted five times, or as often as every `#[holds]` allows, and at
/// least once. The saga has no mistakes.
pub(crate) fn attempts(saga: &mut Saga) {
    let steps = tried_again(saga);
    set_attempts(saga, &steps, ATTEMPTS);
    if keeps_holds(saga) {
        return;
    }
    set_attempts(saga, &steps, 1);
    // One more for each in turn, so that none takes the time of all others.
    let mut open = steps;
    for times in 2..=ATTEMPTS {
        open.retain(|&step| {
            set_attempts(saga, &[step], times);
            let fits = keeps_holds(saga);
            if !fits {
                set_attempts(saga, &[step], times - 1);
            }
            fits
        });
    }
}

fn keeps_holds(saga: &Saga) -> bool {
    if saga.steps().all(|step| step.attrs.holds.is_none()) {
        return true;
    }
    let definition = expand::declared(saga);
    let analysis = Analysis::of(&definition);
    let mut steps = 0..u16::try_from(definition.steps.len()).unwrap_or(u16::MAX);
    steps.all(|step| holds::is_kept(step)(&analysis, &definition))
}
