//! The rules for one step.
//!
//! In formulas, `T`, `Tr`, `Tc` and `Tf` are the limits of one call of the action, `resolve`, the
//! compensation and the fallback, `L` is `#[late]`, and `w(j)` are the waits between `j` calls.

use saga_definition::{Backoff, CallKind, Kind, Limit, PANICS, Place, Step};

use crate::{
    Analysis,
    bound::{Bound, multiplied, of, plus},
    nested::Nested,
    times::{Part, Term, Terms},
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
    pub(crate) fn call(&self, step: u16, call: CallKind) -> Bound {
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

    fn fallback(&self, step: u16) -> Term {
        let times = Limit::Times(u32::from(self.step(step).fallback.is_some()));
        of(step, CallKind::Fallback).row(self.call(step, CallKind::Fallback), times)
    }

    /// The terms of the times of a step.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn terms(&self, step: u16) -> Terms {
        if let Some(Nested { forward, undone }) = self.nested(step) {
            let forward = vec![Part::Whole.takes(forward)];
            return Terms {
                settled: forward.clone(),
                applied: forward.clone(),
                given_up: forward,
                undone: vec![Part::Whole.takes(undone)],
            };
        }
        let declared = self.step(step);
        let Counts {
            attempts,
            repetitions,
            actions,
            asks: _,
            undos,
        } = self.counts(step);
        let undoing = self.calls_and_waits(step, CallKind::Compensate, undos);
        let (mut settled, mut applied, mut given_up);
        if declared.kind.acts() {
            let ask = self.ask(step);
            let repeated = repetitions.max(ONE);
            settled = self
                .calls_and_waits(step, CallKind::Action, repeated)
                .to_vec();
            settled.extend(ask);
            applied = self
                .calls_and_waits(step, CallKind::Action, actions)
                .to_vec();
            applied.push(self.evaluated(step));
            applied.extend(ask);
            applied.push(self.again(step));
            given_up = applied.clone();
            if self.is_undone_and_tried_again(step) && attempts != ONE {
                let undo = CallKind::Compensate;
                applied.extend(self.calls_between_waits(step, undo, but_one(undos), undos));
            }
            if declared.is_by_key() {
                given_up.extend(undoing);
            }
        } else {
            // A signal, a sleep or a lock.
            let wait = of(step, CallKind::Action).timing(declared.timeout.as_ref());
            settled = vec![self.evaluated(step), Part::Whole.takes(wait)];
            applied = settled.clone();
            given_up = settled.clone();
        }
        given_up.push(self.fallback(step));
        let place = self.saga.place(step);
        if declared.fallback.is_some() && place != Place::Pivot {
            applied.clone_from(&given_up);
        }
        let is_undone = place == Place::BeforePivot;
        Terms {
            settled,
            applied,
            given_up,
            undone: undoing.into_iter().filter(|_| is_undone).collect(),
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
