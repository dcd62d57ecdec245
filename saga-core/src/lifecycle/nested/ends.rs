//! What the end of a saga that is a step means to its parent.

use super::{Begun, Live};
use crate::{
    basics::{
        discard::{discard, quietly},
        panic::{Panic, caught},
    },
    calls::report::NestedEnd,
    executor::{rules::rules, tell::words},
    generated::machine::Machine,
    kernel::{ChildEnd, ChildFailure, Direction, End, Event},
    lifecycle::nestable::{Nest, Tail},
    report::error::Failure,
    values::cause::Cause,
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
        let counts = match failure.cause() {
            Cause::Panicked(_) => ChildFailure::Panic,
            Cause::DeadlineExceeded => ChildFailure::Deadline,
            _ => ChildFailure::Other,
        };
        let child_end = ChildEnd::of(end, kernel, counts);
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
            end: child_end,
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
