//! What is restored of any saga, without its types: compiled once for all of them.

use crate::{
    executor::run_state::RunState,
    history::{RunHistory, Slot},
    kernel::Direction,
    lifecycle::durable_run::DurableRun,
    report::at_hand::AtHand,
    values::written::Written,
};
use std::convert;
use tokio::time::Instant;

/// A recorded value that is not an effect of its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The step's index.
    pub step: u16,
    /// The reason.
    pub why: String,
}

/// The slots of a saga, without their types. (As a closure, it would be compiled twice.)
pub(super) trait Load {
    /// Puts the effect of a step into its slot: as JSON, or `None` if the step was skipped.
    fn load(&mut self, step: u16, json: Option<&str>) -> Result<(), String>;
}

/// Puts each recorded effect into its slot; for a run that rolls back, also those that an operator settled
/// as undone.
#[inline(never)]
pub(super) fn effects(
    history: &RunHistory<Instant>,
    of_run: bool,
    slots: &mut dyn Load,
) -> Result<(), Misfit> {
    let reads = of_run && history.kernel.direction() == Direction::Compensating;
    for (step, own) in (0..).zip(&history.steps) {
        let value = match own.slot {
            Slot::Empty => match own.was.as_deref().filter(|_| reads) {
                Some(was) => Some(was),
                None => continue,
            },
            Slot::Skipped => None,
            Slot::Filled => Some(own.value.as_deref().unwrap_or("null")),
        };
        let loaded = match value.zip(history.looped(step)) {
            Some((effects, looped)) => {
                let lists = looped.lists(effects);
                lists.and_then(|lists| slots.load(step, Some(&lists)))
            }
            None => slots.load(step, value),
        };
        loaded.map_err(|why| Misfit { step, why })?;
    }
    Ok(())
}

/// The signals that no step has received. Checks that each can be decoded.
#[inline(never)]
pub(super) fn signals(
    history: &RunHistory<Instant>,
    check: fn(u16, &str) -> Result<(), String>,
) -> Result<Vec<(u16, String)>, Misfit> {
    let signals = (0..).zip(&history.steps);
    let signals = signals.filter_map(|(step, own)| Some((step, own.signal.clone()?)));
    let read = |(step, json): (u16, String)| match check(step, &json) {
        Ok(()) => Ok((step, json)),
        Err(why) => Err(Misfit { step, why }),
    };
    signals.map(read).collect()
}

impl DurableRun {
    /// Takes over everything but the values.
    #[inline(never)]
    pub(super) fn restore(&mut self, history: &RunHistory<Instant>) {
        self.is_new = history.is_new;
        self.at_hand = self.run.restore(history);
    }
}

impl RunState {
    /// Takes over everything but the values. Returns the progress of the current steps.
    fn restore(&mut self, history: &RunHistory<Instant>) -> AtHand {
        let read_error = self.rules.read_error;
        let read = |written: &Written| written.read(read_error);
        self.failures = history.failures.map_ref(read);
        let mut at_hand = history.at_hand.map_ref(convert::identity, read);
        if let Some(failing) = &history.failing {
            self.aside.get_or_insert_default().failing = Some(failing.clone());
        }
        self.heard();
        self.answer();
        for (step, own) in (0..).zip(&history.steps) {
            if let Some(at) = own.lost_at {
                let lost = &mut self.aside.get_or_insert_default().lost;
                lost.insert(step.into(), at);
            }
            if let Some(wait) = history.waiting(step) {
                let progress = at_hand.select(&mut self.failures, &self.kernel, step);
                progress.wait = Some(wait);
                progress.used = true;
            }
        }
        at_hand
    }
}
