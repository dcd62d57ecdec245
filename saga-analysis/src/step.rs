//! The rules for one step.
//!
//! In formulas, `T`, `Tr`, `Tc` and `Tf` are the limits of one call of the action, `resolve`, the
//! compensation and the fallback, `L` is `#[late]`, and `w(j)` are the waits between `j` calls.

use saga_definition::{Backoff, CallKind, Kind, Limit, PANICS, Place, Step};

use crate::{
    Analysis,
    bound::{Bound, multiplied, of, plus},
    term::{Part, Term, total},
};

/// How often the calls of a step are made in one pass.
pub(crate) struct Counts {
    /// `n`: attempts if nothing is in doubt.
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

/// One less than `times`.
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
        // After a panic that certainly had no effect, the action is attempted again, except after
        // the last allowed one.
        let panics_do_nothing =
            declared.kind == Kind::Read || declared.resolve.is_some() || declared.is_nested();
        if saga.place(step) == Place::AfterPivot && panics_do_nothing {
            attempts = plus(attempts, Limit::Times(u32::from(PANICS) - 1));
        }
        let repetitions = tries(CallKind::Action, declared.idempotent);
        Counts {
            attempts,
            repetitions,
            actions: attempts.max(repetitions),
            asks: tries(CallKind::Resolve, declared.resolve.is_some()),
            undos: tries(CallKind::Compensate, declared.undoing().is_some()),
        }
    }

    fn backoff(&self, step: u16, call: CallKind) -> &Backoff {
        self.saga.policy(step, call, self.durable).1
    }

    /// The time limit of one call.
    fn call(&self, step: u16, call: CallKind) -> Bound {
        of(step, call).timing(call.limit(self.step(step)))
    }

    /// The times of `times` calls, and of the waits between them.
    fn calls_and_waits(&self, step: u16, call: CallKind, times: Limit) -> [Term; 2] {
        self.calls_between_waits(step, call, times, times)
    }

    /// The times of `times` calls, and of the waits between `waiting` calls.
    fn calls_between_waits(
        &self,
        step: u16,
        call: CallKind,
        times: Limit,
        waiting: Limit,
    ) -> [Term; 2] {
        let of = of(step, call);
        let waits = of.waits(self.backoff(step, call), waiting);
        [
            of.row(self.call(step, call), times),
            Part::Waits(call, waiting).takes(waits),
        ]
    }

    fn late(&self, step: u16) -> Bound {
        let declared = self.step(step);
        match (&declared.resolve, &declared.late) {
            (Some(_), late @ Some(_)) => of(step, CallKind::Resolve).timing(late.as_ref()),
            _ => Bound::ZERO,
        }
    }

    /// `ask = L + R*Tr + w(R)`: failures add up over all attempts.
    fn ask(&self, step: u16) -> [Term; 3] {
        let asks = self.counts(step).asks;
        let [calls, waits] = self.calls_and_waits(step, CallKind::Resolve, asks);
        [Part::Late.takes(self.late(step)), calls, waits]
    }

    /// Whether the compensation settles doubt, and another attempt may follow.
    fn is_undone_and_tried_again(&self, step: u16) -> bool {
        let declared = self.step(step);
        declared.is_by_key() && !declared.idempotent
    }

    /// `again = (n-1) * max(L+Tr if resolve, Tc if by_key, not idempotent)`: doubt that is settled as
    /// "did not happen" allows another attempt.
    fn again(&self, step: u16) -> Term {
        let times = but_one(self.counts(step).attempts);
        let again = Part::Again(times);
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
            return again.takes(each);
        }
        again.takes(of(step, CallKind::Action).calls(each, times))
    }

    /// After the pivot, the code that is evaluated before the action may panic twice and be
    /// retried, with two waits of the action.
    fn evaluated(&self, step: u16) -> Term {
        let waits = Part::Waits(CallKind::When, Limit::Times(u32::from(PANICS)));
        let declared = self.step(step);
        let is_first = |block: u16| self.saga.conditions[usize::from(block)].first == step;
        let evaluates = declared.when.is_some()
            || !declared.kind.acts()
            || declared.condition.is_some_and(is_first);
        if self.saga.place(step) != Place::AfterPivot || !evaluates {
            return waits.takes(Bound::ZERO);
        }
        let backoff = self.backoff(step, CallKind::Action);
        let panics = Limit::Times(u32::from(PANICS));
        waits.takes(of(step, CallKind::When).waits(backoff, panics))
    }

    /// `A*T + w(A) + ask + again`, for a step that acts.
    fn trying(&self, step: u16) -> Vec<Term> {
        let actions = self.counts(step).actions;
        let mut terms = Vec::with_capacity(10);
        terms.extend(self.calls_and_waits(step, CallKind::Action, actions));
        terms.push(self.evaluated(step));
        terms.extend(self.ask(step));
        terms.push(self.again(step));
        terms
    }

    fn fallback(&self, step: u16) -> Term {
        let times = match self.step(step).fallback {
            Some(_) => ONE,
            None => NONE,
        };
        of(step, CallKind::Fallback).row(self.call(step, CallKind::Fallback), times)
    }

    /// The time of a signal, a sleep or a lock.
    fn waiting(&self, step: u16) -> Vec<Term> {
        let wait = of(step, CallKind::Action).timing(self.step(step).timeout.as_ref());
        vec![self.evaluated(step), Part::Whole.takes(wait)]
    }

    /// `D`: from the start of the attempt that causes doubt until it is known that the operation
    /// happened.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn settled_within(&self, step: u16) -> Bound {
        total(&self.settled(step))
    }

    /// The terms of [`settled_within`](Self::settled_within).
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn settled(&self, step: u16) -> Vec<Term> {
        if !self.step(step).kind.acts() {
            return self.waiting(step);
        }
        if let Some(nested) = self.nested(step) {
            return vec![Part::Whole.takes(nested.forward)];
        }
        let attempts = self.counts(step).repetitions.max(ONE);
        let [calls, waits] = self.calls_and_waits(step, CallKind::Action, attempts);
        let [late, asks, between] = self.ask(step);
        vec![calls, waits, late, asks, between]
    }

    /// `S`: until the step is applied, or replaced by its fallback.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn applied_within(&self, step: u16) -> Bound {
        total(&self.applied(step))
    }

    /// The terms of [`applied_within`](Self::applied_within).
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn applied(&self, step: u16) -> Vec<Term> {
        let declared = self.step(step);
        if declared.fallback.is_some() && self.saga.place(step) != Place::Pivot {
            return self.given_up(step);
        }
        if !declared.kind.acts() {
            return self.waiting(step);
        }
        if let Some(nested) = self.nested(step) {
            return vec![Part::Whole.takes(nested.forward)];
        }
        let Counts {
            attempts, undos, ..
        } = self.counts(step);
        let mut terms = self.trying(step);
        if self.is_undone_and_tried_again(step) && attempts != ONE {
            let undo = CallKind::Compensate;
            terms.extend(self.calls_between_waits(step, undo, but_one(undos), undos));
        }
        terms
    }

    /// `F`: until the step has failed for good, in doubt or not, or is replaced by its fallback.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn given_up_within(&self, step: u16) -> Bound {
        total(&self.given_up(step))
    }

    fn given_up(&self, step: u16) -> Vec<Term> {
        if !self.step(step).kind.acts() {
            let mut terms = self.waiting(step);
            terms.push(self.fallback(step));
            return terms;
        }
        if let Some(nested) = self.nested(step) {
            return vec![Part::Whole.takes(nested.forward)];
        }
        let mut terms = self.trying(step);
        if self.step(step).is_by_key() {
            terms.extend(self.undoing(step));
        }
        terms.push(self.fallback(step));
        terms
    }

    /// `C*Tc + w(C)`.
    fn undoing(&self, step: u16) -> [Term; 2] {
        self.calls_and_waits(step, CallKind::Compensate, self.counts(step).undos)
    }

    /// `B`: until the step is undone while the saga rolls back; no time for a step that is not
    /// undone.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn undone_within(&self, step: u16) -> Bound {
        match self.nested(step) {
            Some(nested) => nested.undone,
            None if self.saga.place(step) != Place::BeforePivot => Bound::ZERO,
            None => total(&self.undoing(step)),
        }
    }

    /// The time of one call of the compensation by key, if the step has one.
    pub(crate) fn undone_once(&self, step: u16) -> Bound {
        if self.step(step).is_by_key() {
            self.call(step, CallKind::Compensate)
        } else {
            Bound::ZERO
        }
    }

    /// How often this code of the step runs in one pass, that is, without reruns from savepoints.
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
                // While rolling back, the compensation is called first. Once its tries are used up,
                // it is called once more if `resolve` or a repetition finds that the step happened.
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

    /// The maximum number of times that this code of the step runs, in all passes of the saga;
    /// `Forever` for a loop.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn calls(&self, step: u16, call: CallKind) -> Limit {
        multiplied(self.calls_in_pass(step, call), self.passes(step))
    }

    /// How often the saga reaches the step: once, and once more for each rerun from a savepoint
    /// before it.
    pub(crate) fn passes(&self, step: u16) -> Limit {
        let before = &self.saga.steps[..=usize::from(step)];
        let savepoints = before.iter().filter_map(|step| step.savepoint.as_ref());
        let turns = savepoints.map(|savepoint| savepoint.limit);
        plus(turns.max().unwrap_or(NONE), ONE)
    }
}
