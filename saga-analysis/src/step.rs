//! The rules for one step.
//!
//! In formulas, `T`, `Tr`, `Tc` and `Tf` are the limits of one call of the action, `resolve`, the
//! compensation and the fallback, `L` is `#[late]`, and `w(j)` are the waits between `j` calls.

use saga_definition::{Backoff, CallKind, Kind, Limit, PANICS, Place, Step};

use crate::{
    Analysis,
    bound::{Bound, larger, multiplied, of, plus},
};

/// How often the calls of a step are made in one pass, and what they take.
pub(crate) struct Counts {
    /// `n`: attempts where nothing is in doubt.
    pub(crate) attempts: Limit,
    /// `m`: repetitions that settle doubt; none without `#[idempotent]`.
    pub(crate) repetitions: Limit,
    /// `A`: all attempts.
    pub(crate) actions: Limit,
    /// `R`: failures of `resolve`.
    pub(crate) asks: Limit,
    /// `C`: tries of the compensation.
    pub(crate) undos: Limit,
}

const NONE: Limit = Limit::Times(0);
const ONE: Limit = Limit::Times(1);

/// So many, but one.
const fn but_one(times: Limit) -> Limit {
    match times {
        Limit::Times(times) => Limit::Times(times.saturating_sub(1)),
        Limit::Forever => Limit::Forever,
    }
}

impl Analysis<'_> {
    pub(crate) fn step(&self, step: u16) -> &Step {
        &self.saga.steps[usize::from(step)]
    }

    pub(crate) fn counts(&self, step: u16) -> Counts {
        let (saga, declared) = (self.saga, self.step(step));
        let tries = |call, is_there: bool| {
            let times = || saga.policy(step, call, self.durable).0;
            if is_there { times() } else { NONE }
        };
        let mut attempts = saga.attempts_allowed(step, self.durable);
        // What did nothing, for certain, is attempted again after each panic but the last.
        let panics_do_nothing =
            declared.kind == Kind::Read || declared.resolve.is_some() || declared.is_nested();
        if saga.place(step) == Place::AfterPivot && panics_do_nothing {
            attempts = plus(attempts, Limit::Times(u32::from(PANICS) - 1));
        }
        let repetitions = tries(CallKind::Action, declared.idempotent);
        Counts {
            attempts,
            repetitions,
            actions: larger(attempts, repetitions),
            asks: tries(CallKind::Resolve, declared.resolve.is_some()),
            undos: tries(CallKind::Compensate, declared.undoing().is_some()),
        }
    }

    fn backoff(&self, step: u16, call: CallKind) -> &Backoff {
        self.saga.policy(step, call, self.durable).1
    }

    /// The limit of one call.
    fn call(&self, step: u16, call: CallKind) -> Bound {
        of(step, call).timing(call.limit(self.step(step)))
    }

    /// So many calls, and the waits between them.
    fn calls_and_waits(&self, step: u16, call: CallKind, times: Limit) -> Bound {
        let of = of(step, call);
        if times == NONE {
            return Bound::ZERO;
        }
        of.calls(self.call(step, call), times) + of.waits(self.backoff(step, call), times)
    }

    fn late(&self, step: u16) -> Bound {
        let declared = self.step(step);
        match (&declared.resolve, &declared.late) {
            (Some(_), late @ Some(_)) => of(step, CallKind::Resolve).timing(late.as_ref()),
            _ => Bound::ZERO,
        }
    }

    /// `ask = L + R*Tr + w(R)`: failures add up over all attempts.
    fn ask(&self, step: u16) -> Bound {
        let asks = self.counts(step).asks;
        self.late(step) + self.calls_and_waits(step, CallKind::Resolve, asks)
    }

    /// Whether its compensation settles doubt after which another attempt may follow.
    fn is_undone_and_tried_again(&self, step: u16) -> bool {
        let declared = self.step(step);
        declared.is_by_key() && !declared.idempotent
    }

    /// `again = (n-1) * max(L+Tr if resolve, Tc if by_key, not idempotent)`: doubt that is settled as
    /// "did not happen" allows another attempt.
    fn again(&self, step: u16) -> Bound {
        let times = but_one(self.counts(step).attempts);
        let resolve = match &self.step(step).resolve {
            Some(_) => self.late(step) + self.call(step, CallKind::Resolve),
            None => Bound::ZERO,
        };
        let undo = if self.is_undone_and_tried_again(step) {
            self.call(step, CallKind::Compensate)
        } else {
            Bound::ZERO
        };
        let each = resolve.max(undo);
        if each == Bound::ZERO {
            return each;
        }
        of(step, CallKind::Action).calls(each, times)
    }

    /// After the pivot, panics of what is evaluated before the action add up to two of its waits.
    fn evaluated(&self, step: u16) -> Bound {
        let declared = self.step(step);
        let is_first = |block: u16| self.saga.conditions[usize::from(block)].first == step;
        let evaluates = declared.when.is_some()
            || !declared.kind.acts()
            || declared.condition.is_some_and(is_first);
        if self.saga.place(step) != Place::AfterPivot || !evaluates {
            return Bound::ZERO;
        }
        let backoff = self.backoff(step, CallKind::Action);
        of(step, CallKind::When).waits(backoff, Limit::Times(u32::from(PANICS)))
    }

    /// `A*T + w(A) + ask + again`, of a step that acts.
    fn trying(&self, step: u16) -> Bound {
        let actions = self.counts(step).actions;
        let attempts = self.calls_and_waits(step, CallKind::Action, actions);
        attempts + self.evaluated(step) + self.ask(step) + self.again(step)
    }

    fn fallback(&self, step: u16) -> Bound {
        match self.step(step).fallback {
            Some(_) => self.call(step, CallKind::Fallback),
            None => Bound::ZERO,
        }
    }

    /// How long it waits, if it is a signal or a sleep.
    fn waiting(&self, step: u16) -> Bound {
        let of = of(step, CallKind::Action);
        self.evaluated(step) + of.timing(self.step(step).timeout.as_ref())
    }

    /// `D`: from the start of the attempt that brings doubt until it is known that the operation
    /// happened.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn settled_within(&self, step: u16) -> Bound {
        if !self.step(step).kind.acts() {
            return self.waiting(step);
        }
        if let Some(nested) = self.nested(step) {
            return nested.forward;
        }
        let action = self.call(step, CallKind::Action);
        let repetitions = match self.counts(step).repetitions {
            NONE => Bound::ZERO,
            all => {
                let of = of(step, CallKind::Action);
                of.calls(action, but_one(all)) + of.waits(self.backoff(step, CallKind::Action), all)
            }
        };
        action + self.ask(step) + repetitions
    }

    /// `S`: until it is applied, or replaced by its fallback.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn applied_within(&self, step: u16) -> Bound {
        let declared = self.step(step);
        if declared.fallback.is_some() && self.saga.place(step) != Place::Pivot {
            return self.given_up_within(step);
        }
        if !declared.kind.acts() {
            return self.waiting(step);
        }
        if let Some(nested) = self.nested(step) {
            return nested.forward;
        }
        let Counts {
            attempts, undos, ..
        } = self.counts(step);
        let undone = if self.is_undone_and_tried_again(step) && attempts != ONE {
            let of = of(step, CallKind::Compensate);
            of.calls(self.call(step, CallKind::Compensate), but_one(undos))
                + of.waits(self.backoff(step, CallKind::Compensate), undos)
        } else {
            Bound::ZERO
        };
        self.trying(step) + undone
    }

    /// `F`: until it is given up, in doubt or not, or replaced by its fallback.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn given_up_within(&self, step: u16) -> Bound {
        if !self.step(step).kind.acts() {
            return self.waiting(step) + self.fallback(step);
        }
        if let Some(nested) = self.nested(step) {
            return nested.forward;
        }
        let cancel = if self.step(step).is_by_key() {
            self.undoing(step)
        } else {
            Bound::ZERO
        };
        self.trying(step) + cancel + self.fallback(step)
    }

    /// `C*Tc + w(C)`.
    fn undoing(&self, step: u16) -> Bound {
        self.calls_and_waits(step, CallKind::Compensate, self.counts(step).undos)
    }

    /// `B`: until it is undone, on the way back; no time for what the way back passes.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn undone_within(&self, step: u16) -> Bound {
        match self.nested(step) {
            Some(nested) => nested.undone,
            None if self.saga.place(step) != Place::BeforePivot => Bound::ZERO,
            None => self.undoing(step),
        }
    }

    /// One call of its compensation by key, if it has one.
    pub(crate) fn undone_once(&self, step: u16) -> Bound {
        if self.step(step).is_by_key() {
            self.call(step, CallKind::Compensate)
        } else {
            Bound::ZERO
        }
    }

    /// How often this code of the step runs in one pass: without turns of savepoints before it.
    pub(crate) fn calls_in_pass(&self, step: u16, call: CallKind) -> Limit {
        let declared = self.step(step);
        if declared.items.is_some() {
            return Limit::Forever;
        }
        let Counts {
            attempts,
            repetitions: _,
            actions,
            asks,
            undos,
        } = self.counts(step);
        match call {
            CallKind::Action if declared.kind.acts() => actions,
            CallKind::Resolve if declared.resolve.is_some() => plus(asks, but_one(attempts)),
            CallKind::Fallback if declared.fallback.is_some() => ONE,
            CallKind::Compensate if declared.compensation.declared().is_some() => {
                let settled = if self.is_undone_and_tried_again(step) {
                    but_one(attempts)
                } else {
                    NONE
                };
                // On the way back it comes first; used up, it is called once more if another way
                // finds that the step happened.
                let other = declared.resolve.is_some() || declared.idempotent;
                let late = if declared.is_by_key() && other {
                    ONE
                } else {
                    NONE
                };
                plus(undos, plus(settled, late))
            }
            CallKind::When
            | CallKind::Action
            | CallKind::Resolve
            | CallKind::Fallback
            | CallKind::Compensate => NONE,
        }
    }

    /// How often this code of the step runs at most, in all passes of the saga; no number of a loop.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn calls(&self, step: u16, call: CallKind) -> Limit {
        multiplied(self.calls_in_pass(step, call), self.passes(step))
    }

    /// How often the saga comes to the step: once more for each turn of a savepoint before it.
    pub(crate) fn passes(&self, step: u16) -> Limit {
        let before = &self.saga.steps[..=usize::from(step)];
        let savepoints = before.iter().filter_map(|step| step.savepoint.as_ref());
        let turns = savepoints.map(|savepoint| savepoint.limit);
        plus(turns.fold(NONE, larger), ONE)
    }
}
