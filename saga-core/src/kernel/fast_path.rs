//! What is ordinary, told or decided in one go: runs of steps that nobody asks about in between, there and back, and the failure at the turn. Each
//! says what the general rules say one by one, which the enumeration of the tests compares.

use super::{
    api::Kernel,
    event::{Event, Verdict},
    phase::Direction,
    state::{Begin, Cause, Course, FastPath, StepPhase, StepState},
    transition::Transition,
    view::{Place, View, compensation},
};
use crate::definition::Step;

/// Whether a step is one that a batch goes on with: in no block, and behind no `when`.
#[inline]
pub(crate) fn is_plain(step: &Step) -> bool {
    step.when.is_none() && step.group.is_none()
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// Takes an event into account that is [expected](FastPath), and says whether it was one.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which event it is, so one compare is left of it"
    )]
    pub(crate) fn takes_as_usual(&mut self, event: Event) -> bool {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        match event {
            Event::Attempting { step } if saga.fast == FastPath::start(step) => {
                states[usize::from(step)].attempted();
                saga.fast = FastPath::acting(step);
            }
            Event::Applied { step } if saga.fast == FastPath::acting(step) => {
                states[usize::from(step)].at = StepPhase::Applied;
                saga.cursor = step + 1;
                saga.expect(states);
            }
            Event::Attempting { step }
                if saga.fast == FastPath::BLOCK && View { saga, states }.may_start(step) =>
            {
                states[usize::from(step)].attempted();
            }
            Event::Applied { step }
                if saga.fast == FastPath::BLOCK && View { saga, states }.is_acting(step) =>
            {
                states[usize::from(step)].at = StepPhase::Applied;
                saga.block.open -= 1;
                if saga.block.open == 0 {
                    saga.cursor = saga.block.end;
                    saga.expect(states);
                }
            }
            Event::Compensating { step } if saga.fast == FastPath::undo(step) => {
                states[usize::from(step)].undoing();
                saga.below = step + 1;
                saga.fast = FastPath::undoing(step);
            }
            Event::Compensated { step } if saga.fast == FastPath::undoing(step) => {
                let mut run = Transition { saga, states };
                run.compensated(step);
                run.expect_undo_below(step);
            }
            Event::Rejected {
                step,
                verdict,
                abort: false,
                again,
                ..
            } if saga.fast == FastPath::acting(step)
                && Transition { saga, states }
                    .view()
                    .fails_at_once(step, verdict) =>
            {
                Transition { saga, states }.failed_at_once(step, Cause::of(verdict, false, again));
            }
            _ => return false,
        }
        true
    }

    /// Whether the step at hand and all that follow are as they were at the start: nothing failed, turned, or was requested yet.
    #[inline]
    pub fn is_fresh(&self) -> bool {
        matches!(self.saga.fast.begin(), Begin::Attempt(_)) && self.saga.course == Course::Fresh
    }

    /// Takes into account, in one go, that the step at hand was applied, and so were those behind it up to `last`, each at its first attempt;
    /// and that `last` is attempted. It is what `Applied`, `Attempting`, `Applied`, … say one by one, for a run of ordinary steps that
    /// nobody asks about in between; each must be sequential, unconditional and untouched.
    ///
    /// # Panics
    ///
    /// If `last` is no step, or one before the step at hand.
    #[inline]
    pub fn apply_batch(&mut self, last: u16) {
        debug_assert!(
            self.saga.fast == FastPath::acting(self.saga.cursor),
            "the step at hand runs"
        );
        let states = self.states.as_mut();
        let (from, to) = (usize::from(self.saga.cursor), usize::from(last));
        for state in &mut states[from..to] {
            state.attempted();
            state.at = StepPhase::Applied;
        }
        states[to].attempted();
        self.saga.cursor = last;
        self.saga.fast = FastPath::acting(last);
    }

    /// Down to which step the way back consists of compensations of steps like the one that is to be undone next, with nothing to decide between
    /// them: each sequential, with an effect of its first attempt, and with no savepoint above it. `None` if that step is not plain itself.
    #[inline]
    pub fn undo_limit(&self) -> Option<u16> {
        match self.saga.fast.begin() {
            Begin::Undo(step) => self.view().undo_limit(step),
            _ => None,
        }
    }

    /// Takes into account, in one go, that the step whose compensation runs was undone, and so were those before it down to `last`; and that the
    /// compensation of `last` runs. It is what `Compensated`, `Compensating`, `Compensated`, … say one by one, as far as
    /// [`undo_limit`](Self::undo_limit) allows.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn undo_batch(&mut self, last: u16) {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        Transition { saga, states }.undo_batch(last);
    }
}

impl View<'_> {
    /// Down to which step nothing is to be decided from `step` on, which is to be undone next.
    pub(super) fn undo_limit(&self, step: u16) -> Option<u16> {
        let plain = |step: u16| {
            let (declared, state) = (self.step(step), self.state(step));
            let undone = compensation(declared).is_some();
            let as_usual = state.is_applied_at_once() || !undone && state.is_applied();
            (declared.group.is_none() && as_usual).then_some(undone)
        };
        let mut lowest = plain(step).map(|_| step)?;
        for below in (0..step).rev() {
            if self.step(below + 1).savepoint.is_some() {
                break;
            }
            match plain(below) {
                Some(true) => lowest = below,
                Some(false) => {}
                None => break,
            }
        }
        Some(lowest)
    }

    /// Whether the first attempt of the step at hand, when it is rejected so and nothing was requested, is the end of the way forward.
    #[inline]
    pub(super) fn fails_at_once(&self, step: u16, verdict: Verdict) -> bool {
        let declared = self.step(step);
        verdict != Verdict::Unknown
            && declared.retry.is_none()
            && declared.fallback.is_none()
            && self.place(step) != Place::AfterPivot
    }
}

impl Transition<'_> {
    /// All from the step whose compensation runs down to `last` are undone, but for `last`, whose compensation runs.
    pub(super) fn undo_batch(&mut self, last: u16) {
        for step in last..self.saga.below {
            if compensation(self.view().step(step)).is_some() {
                self.state(step).undoing();
                self.state(step).at = StepPhase::Undone;
            }
        }
        self.state(last).at = StepPhase::Compensating;
        self.saga.below = last + 1;
        self.saga.fast = FastPath::undoing(last);
    }

    /// What follows where [`View::fails_at_once`]: the same as from [`rejected`](Self::rejected), without a look at what cannot be.
    pub(super) fn failed_at_once(&mut self, step: u16, cause: Cause) {
        self.action_failed(step, cause);
        self.state(step).at = StepPhase::Failed;
        self.saga.first_failed = Some(step);
        self.saga.direction = Direction::Back;
        self.expect_undo_below(step);
    }
}
