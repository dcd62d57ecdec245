//! The recorded state of one step, besides that of the kernel.

use super::{FailedCall, RunHistory, Slot, StepHistory, Wait, command::asks, looped::null};
use crate::{
    kernel::{CallChange, Command, EffectChange, Event},
    values::call::CallKind,
};

impl<T> RunHistory<T> {
    /// The steps that the saga goes on without have no effect, as if they were skipped.
    pub(super) fn go_without(&mut self) {
        for step in self.kernel.definition().absent() {
            self.steps[usize::from(step)].slot = Slot::Skipped;
        }
    }
}

impl<T: Copy> RunHistory<T> {
    /// If the step waits: the command that asks for this, and when the wait ends.
    pub(crate) fn waiting(&self, step: u16) -> Option<(Command, T)> {
        let wait = self.steps[usize::from(step)].wait?;
        Some((asks(&self.kernel, step, wait.before)?, wait.until))
    }
}

impl<T: Copy> StepHistory<T> {
    pub(super) const NEW: Self = Self {
        updated: None,
        begun: false,
        value: None,
        was: None,
        failed: None,
        unsettled: None,
        signal: None,
        wait: None,
        doubt_since: None,
        lost_at: None,
        slot: Slot::Empty,
    };

    /// `failed` is the call that the event ends by a failure.
    pub(super) fn apply(
        &mut self,
        event: Event,
        failed: Option<CallKind>,
        at: T,
        error: Option<&str>,
    ) {
        self.updated = Some(at);
        self.wait = None;
        self.begun |= event.call() == CallChange::Starts(CallKind::Action);
        match event.call() {
            CallChange::None | CallChange::Starts(_) => {}
            CallChange::Fails(..) | CallChange::Lost => {
                let call = failed.expect("an event that says so names the call");
                self.fail(call, event, at, error);
            }
            CallChange::Succeeds(CallKind::When | CallKind::Action | CallKind::Fallback) => {
                self.failed = None;
            }
            CallChange::Succeeds(CallKind::Resolve | CallKind::Compensate)
            | CallChange::Settled => {
                self.unsettled = None;
                if event.effect() == EffectChange::Filled {
                    self.failed = None;
                }
            }
        }
    }

    fn fail(&mut self, call: CallKind, event: Event, at: T, error: Option<&str>) {
        let place = match call {
            CallKind::When | CallKind::Action | CallKind::Fallback => &mut self.failed,
            CallKind::Resolve | CallKind::Compensate => &mut self.unsettled,
        };
        let before = place.as_ref().filter(|before| before.call == call);
        *place = Some(FailedCall {
            call,
            event,
            error: error.map(str::to_owned),
            at,
            in_a_row: before.map_or(0, |before| before.in_a_row) + 1,
        });
    }

    /// `doubt`: whether the step is in doubt after the event.
    pub(super) fn doubt(&mut self, event: Event, doubt: bool, at: T) {
        if !doubt {
            self.doubt_since = None;
        } else if self.doubt_since.is_none() || event.brings_doubt() {
            self.doubt_since = Some(at);
        }
    }

    pub(super) fn effect(&mut self, event: Event, value: Option<&str>) {
        (self.slot, self.value) = match event.effect() {
            // The step is cleared together with the later steps.
            EffectChange::None | EffectChange::ClearedFromHere => return,
            EffectChange::Filled if matches!(event, Event::Received { .. }) => {
                (Slot::Filled, self.signal.take())
            }
            EffectChange::Filled => (Slot::Filled, value.map(str::to_owned)),
            EffectChange::Skipped => (Slot::Skipped, None),
            EffectChange::Cleared => {
                // Compensations go back in order; only an operator undoes a step before those that read it.
                if matches!(event, Event::Settled { .. }) && self.slot == Slot::Filled {
                    self.was = Some(self.value.take().unwrap_or_else(null));
                }
                (Slot::Empty, None)
            }
        };
        if self.slot != Slot::Empty {
            self.was = None;
        }
    }

    /// The step is skipped, as a step of a `when` block that is not taken.
    pub(super) fn skip(&mut self) {
        (self.slot, self.value) = (Slot::Skipped, None);
    }

    /// The saga goes forward again from this step or an earlier one.
    pub(super) fn clear(&mut self) {
        (self.slot, self.value, self.was) = (Slot::Empty, None, None);
        (self.failed, self.unsettled) = (None, None);
    }
}

impl<T: Copy + Ord> StepHistory<T> {
    /// The later of its two failures.
    #[must_use]
    pub fn last_failure(&self) -> Option<&FailedCall<T>> {
        let failures = [&self.failed, &self.unsettled].into_iter().flatten();
        failures.max_by_key(|failed| failed.at)
    }
}

impl<T: Copy> StepHistory<T> {
    /// Converts the state to another clock. `moment` returns `None` for a time that the other clock
    /// cannot represent.
    pub(super) fn on_clock<U: Copy>(
        self,
        past: &impl Fn(T) -> U,
        moment: &impl Fn(T) -> Option<U>,
    ) -> StepHistory<U> {
        let failed = |failed: FailedCall<T>| FailedCall {
            call: failed.call,
            event: failed.event,
            error: failed.error,
            at: past(failed.at),
            in_a_row: failed.in_a_row,
        };
        StepHistory {
            updated: self.updated.map(past),
            begun: self.begun,
            value: self.value,
            was: self.was,
            failed: self.failed.map(failed),
            unsettled: self.unsettled.map(failed),
            wait: self.wait.and_then(|wait| {
                Some(Wait {
                    until: moment(wait.until)?,
                    before: wait.before,
                })
            }),
            signal: self.signal,
            doubt_since: self.doubt_since.map(past),
            lost_at: self.lost_at.map(past),
            slot: self.slot,
        }
    }
}
