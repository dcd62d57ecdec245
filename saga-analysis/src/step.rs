//! The rules for one step.
//!
//! In formulas, `T`, `Tr`, `Tc` and `Tf` are the limits of one call of the action, `resolve`, the
//! compensation and the fallback, `L` is `#[late]`, and `w(j)` are the waits between `j` calls.

use typed_saga_definition::{Backoff, CallKind, Kind, Limit, PANICS, Side, Step};

use crate::{
    Analysis,
    bound::{Bound, multiplied, of, plus},
    times::{Part, Term, Terms, Times},
};

/// How often the calls of a step are made in one pass.
pub(crate) struct Counts {
    /// `n`: attempts if nothing is in doubt.
    pub(crate) attempts: Limit,
    /// `m`: repetitions that settle doubt; none without `#[idempotent]`.
    pub(crate) repetitions: Limit,
    /// `A`: all attempts.
    pub(crate) actions: Limit,
    /// `E`: refusals that come too early to count. After the last attempt, one of them allows one
    /// more: `m` and `A` include it, but a wait for `L` comes before it, not a backoff.
    pub(crate) early: Limit,
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

/// The attempt that may follow the last one, if that was refused too early to count.
const fn one_more(early: Limit) -> Limit {
    match early {
        Limit::Times(0) | Limit::Forever => NONE,
        Limit::Times(_) => ONE,
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
        if saga.side(step) == Side::AfterPivot && self.panics_do_nothing(step) {
            attempts = plus(attempts, Limit::Times(u32::from(PANICS) - 1));
        }
        let repetitions = tries(CallKind::Action, declared.idempotent);
        let early = self.early(step, repetitions);
        let repetitions = plus(repetitions, one_more(early));
        Counts {
            attempts,
            repetitions,
            actions: attempts.max(repetitions),
            early,
            asks: tries(CallKind::Resolve, declared.resolve.is_some()),
            undos: tries(CallKind::Compensate, declared.undoing().is_some()),
        }
    }

    /// How often an attempt may be refused too early to count, among this number of repetitions:
    /// each time after an unconfirmed attempt. Where `resolve` is called first, it has waited for
    /// the first unconfirmed attempt.
    fn early(&self, step: u16, repetitions: Limit) -> Limit {
        let declared = self.step(step);
        if declared.late.is_none() || declared.kind == Kind::Read {
            return NONE;
        }
        let waited = u32::from(declared.resolve.is_some());
        match repetitions {
            Limit::Times(times) => Limit::Times(times.saturating_sub(waited) / 2),
            Limit::Forever => Limit::Forever,
        }
    }

    /// Whether a panic of the action may turn out to have had no effect.
    pub(crate) fn panics_do_nothing(&self, step: u16) -> bool {
        let declared = self.step(step);
        declared.kind == Kind::Read || declared.resolve.is_some() || declared.is_nested()
    }

    pub(crate) fn backoff(&self, step: u16, call: CallKind) -> &Backoff {
        self.saga.policy(step, call, self.durable).1
    }

    /// The time limit of one call.
    pub(crate) fn call(&self, step: u16, call: CallKind) -> Bound {
        of(step, call).timing(call.limit(self.step(step)))
    }

    /// The times of `times` calls, and of the waits between them.
    pub(crate) fn calls_and_waits(&self, step: u16, call: CallKind, times: Limit) -> [Term; 2] {
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

    /// `L`, once for each of these waits.
    fn late(&self, step: u16, waits: Limit) -> Bound {
        let late = &self.step(step).late;
        let each = late.as_ref().map_or(Bound::ZERO, |late| {
            of(step, CallKind::Resolve).timing(Some(late))
        });
        of(step, CallKind::Resolve).calls(each, waits)
    }

    /// `L`, if `resolve` waits for it.
    fn late_of_resolve(&self, step: u16) -> Bound {
        let asks = u32::from(self.step(step).resolve.is_some());
        self.late(step, Limit::Times(asks))
    }

    /// `L + Tr`: one answer of `resolve`, if there is one.
    fn resolved(&self, step: u16) -> Bound {
        match self.step(step).resolve {
            Some(_) => self.late_of_resolve(step) + self.call(step, CallKind::Resolve),
            None => Bound::ZERO,
        }
    }

    /// `ask = L + R*Tr + w(R)`: failures add up over all attempts. And `E*L`, before attempts.
    fn ask(&self, step: u16) -> [Term; 3] {
        let Counts { asks, early, .. } = self.counts(step);
        let [calls, waits] = self.calls_and_waits(step, CallKind::Resolve, asks);
        let late = self.late_of_resolve(step) + self.late(step, early);
        [Part::Late.takes(late), calls, waits]
    }

    /// The longest wait of a compensation for unconfirmed attempts: of this step, and of the steps
    /// that are undone with it.
    fn late_of_undo(&self, step: u16) -> Term {
        let steps = (0..).zip(self.saga.steps.iter());
        let undone = steps.filter(|(other, declared)| {
            let with = declared.compensation.with();
            declared.late_undo && (*other == step || with == Some(step))
        });
        let waits = undone.map(|(other, _)| self.late(other, ONE));
        Part::Late.takes(waits.fold(Bound::ZERO, Bound::max))
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
        let resolve = self.resolved(step);
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

    pub(crate) fn fallback(&self, step: u16) -> Term {
        let times = Limit::Times(u32::from(self.step(step).fallback.is_some()));
        of(step, CallKind::Fallback).row(self.call(step, CallKind::Fallback), times)
    }

    /// The times of this number of attempts, and of the waits between them. The attempt after the
    /// last refusal that came too early waits for `L` alone.
    fn attempts(&self, step: u16, times: Limit) -> [Term; 2] {
        let Counts {
            repetitions, early, ..
        } = self.counts(step);
        let waiting = if one_more(early) == ONE && times == repetitions {
            but_one(times)
        } else {
            times
        };
        self.calls_between_waits(step, CallKind::Action, times, waiting)
    }

    /// All attempts, what is evaluated before them, and settling their doubt, except by the
    /// compensation; or the wait.
    pub(crate) fn tried(&self, step: u16) -> Vec<Term> {
        let declared = self.step(step);
        if !declared.kind.acts() {
            // A signal, a sleep or a lock.
            let wait = of(step, CallKind::Action).timing(declared.timeout.as_ref());
            return vec![self.evaluated(step), Part::Whole.takes(wait)];
        }
        let mut tried = self.attempts(step, self.counts(step).actions).to_vec();
        tried.push(self.evaluated(step));
        tried.extend(self.ask(step));
        tried.push(self.again(step));
        tried
    }

    /// The terms of the times of a step.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn terms(&self, step: u16) -> Terms {
        let Some(Times {
            settled,
            applied,
            given_up,
            undone,
            ..
        }) = self.nested(step)
        else {
            return self.own_terms(step);
        };
        let whole = |time| vec![Part::Whole.takes(time)];
        Terms {
            settled: whole(settled),
            applied: whole(applied),
            given_up: whole(given_up),
            undone: whole(undone),
        }
    }

    /// The terms of the times of a step that is neither a child saga nor a loop.
    pub(crate) fn own_terms(&self, step: u16) -> Terms {
        let declared = self.step(step);
        let Counts {
            attempts,
            repetitions,
            undos,
            ..
        } = self.counts(step);
        let undoing = self.calls_and_waits(step, CallKind::Compensate, undos);
        let tried = self.tried(step);
        let mut settled = tried.clone();
        let (mut applied, mut given_up) = (tried.clone(), tried);
        if declared.kind.acts() {
            settled = self.attempts(step, repetitions.max(ONE)).to_vec();
            settled.extend(self.ask(step));
            if self.is_undone_and_tried_again(step) && attempts != ONE {
                let undo = CallKind::Compensate;
                applied.extend(self.calls_between_waits(step, undo, but_one(undos), undos));
            }
            if declared.is_by_key() {
                given_up.extend(undoing);
            }
        }
        given_up.push(self.fallback(step));
        let side = self.saga.side(step);
        if declared.fallback.is_some() && side != Side::Pivot {
            applied.clone_from(&given_up);
        }
        let is_undone = side == Side::BeforePivot;
        Terms {
            settled,
            applied,
            given_up,
            undone: [self.late_of_undo(step)]
                .into_iter()
                .chain(undoing)
                .filter(|_| is_undone)
                .collect(),
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
            early: _,
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
        self.calls_in_all(step, self.calls_in_pass(step, call))
    }

    /// The calls of the step, or of an item of it, of which there are so many in a pass.
    pub(crate) fn calls_in_all(&self, step: u16, in_pass: Limit) -> Limit {
        multiplied(in_pass, self.passes(step))
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
