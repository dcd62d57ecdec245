//! What the end of a saga that is a step means to its parent.

use super::{Begun, Live};
use crate::{
    call::CallKind,
    cause::Cause,
    discard::{discard, quietly},
    error::Failure,
    executor::{
        rules::rules,
        run_state::{RunState, States},
        tell::words,
    },
    journal::Journal,
    kernel::{Direction, End, Event, Verdict},
    machine::Machine,
    nest::{Nest, Tail},
    panic::{Panic, caught},
    perform::Scope,
    progress::{StepProgress, Within},
    report::{How, NestedEnd},
};

impl<I: Nest<V>, V> Live<I, V> {
    /// If it is parked, it is taken up again.
    pub(super) fn take_up(&mut self) {
        if self.end() == Some(End::Parked) {
            // A parked kernel takes this event whatever it stands at.
            let resumed = self.run.kernel.apply(Event::Resumed);
            debug_assert!(resumed.is_ok(), "a parked saga can be resumed");
            if self.run.kernel.direction() == Direction::Forward {
                self.run.failures.outdate();
            }
        }
    }

    /// The output, of clones: it can still be undone.
    pub(super) fn output(&self) -> Result<<I::Machine as Machine>::Output, Box<Panic>>
    where
        I::Machine: Tail,
    {
        match &self.begun {
            Some(Begun::Ready(machine)) => caught(|| machine.made(&self.slots)),
            _ => unreachable!("it has run"),
        }
    }

    /// What its end means to its parent. What went wrong is its parent's to report from here on.
    pub(super) fn ended<E: From<<I::Machine as Machine>::Error>>(
        &mut self,
        end: End,
        step: &'static str,
    ) -> NestedEnd<E> {
        let kernel = &self.run.kernel;
        let failures = &mut self.run.failures;
        let lost = || Failure::whole(Cause::Lost);
        let failure = failures.first.take().unwrap_or_else(lost);
        let how = match (end, kernel.direction(), failure.cause()) {
            (End::Parked, Direction::Forward, _) => How::CrashLoop,
            (End::Parked, Direction::Compensating, _) => How::Stands,
            (_, _, Cause::Panicked(_)) => How::Panicked,
            (_, _, Cause::DeadlineExceeded) => How::TimedOut,
            _ if kernel.is_refused() => How::Refused,
            _ => How::Compensated,
        };
        if end == End::Parked {
            // Its compensations may still read it.
            failures.first = Some(failure.told(|error| words(rules::<I::Machine>(), error)));
        }
        let convert = |error| {
            let converted = quietly(|| E::from(error)).map(Cause::Failed);
            converted.unwrap_or_else(|| Cause::Recorded {
                text: "an error whose conversion panicked".to_owned(),
            })
        };
        let failure = failure.within(step, convert).of_child();
        let also = failures.also.drain(..);
        NestedEnd {
            how,
            failure,
            also: also.map(|also| also.within(step, convert)).collect(),
        }
    }
}

impl<E> NestedEnd<E> {
    /// The same, where its failure was reported before: what could not be undone is said beside it.
    pub(super) fn undone(self, step: &'static str) -> Self {
        discard(self.failure);
        let text = "not all of it could be undone".to_owned();
        let failure = Failure::whole(Cause::ParentRolledBack { text });
        Self {
            failure: failure.within(step, |error| Cause::Failed(error)),
            ..self
        }
    }
}

impl<E: Send + Sync + 'static, S: States> RunState<E, S> {
    /// A saga that is a step did not complete, or could not be undone.
    pub(in crate::executor) fn nested_ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        end: NestedEnd<E>,
    ) {
        let step = progress.step;
        let NestedEnd {
            how,
            mut failure,
            mut also,
        } = end;
        if let Some(item) = self.item() {
            let all = also.iter_mut().chain([&mut failure]);
            all.for_each(|failure| failure.name_item(item.index));
        }
        let (path, inner) = (failure.step.clone().unwrap_or_default(), failure.call());
        let cause = failure.into_cause();
        let rejected = |verdict| {
            let (abort, again) = self.judge_nested(step, &cause);
            Event::Rejected {
                step,
                verdict,
                abort,
                again,
                late_passed: true,
            }
        };
        let event = match (call, how) {
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (_, How::Refused) => rejected(Verdict::Refused),
            (_, How::Compensated) => rejected(Verdict::Transient),
            (_, How::Stands) => rejected(Verdict::Unknown),
            (_, How::TimedOut) => Event::TimedOut { step },
            (_, How::Panicked) => Event::Panicked { step },
            (_, How::CrashLoop) => Event::Lost {
                step,
                counted: false,
            },
        };
        self.apply_caused(scope, event, Some(&cause));
        let within = Within {
            path,
            call: inner,
            also,
        };
        // What could not be undone is said by itself.
        self.file_failure_within(progress, event, (CallKind::Action, cause), Some(within));
    }

    /// What the predicates of a step that is a saga say of its failure: whether it aborts, and
    /// whether to try again. One that panics says that it does neither.
    fn judge_nested(&self, step: u16, cause: &Cause<E>) -> (bool, bool) {
        let (declared, asked) = (self.declared(step), self.asked(step));
        let conditional = declared.retry.as_ref();
        let conditional = conditional.is_some_and(|retry| retry.conditional);
        let Cause::Failed(error) = cause else {
            return (false, true);
        };
        let judged = quietly(|| {
            let abort = declared.abort && (self.rules.aborts)(asked, error);
            (abort, !conditional || (self.rules.again)(asked, error))
        });
        judged.unwrap_or((false, false))
    }
}
