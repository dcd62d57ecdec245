//! The consequences of a child saga's end for its parent.

use super::Live;
use crate::{
    basics::{
        discard::{discard, quietly},
        panic::{Panic, caught},
    },
    calls::report::NestedEnd,
    executor::{read_back::copy, tell::described},
    generated::{machine::Machine, object::rules},
    kernel::{ChildEnd, ChildFailure, End},
    lifecycle::nestable::{Nest, Tail},
    report::{error::Failure, raised::Raised},
    values::{
        cause::Cause,
        parent_failure::{NOT_UNDONE, ParentFailure},
    },
};

impl<I: Nest<V>, V> Live<I, V> {
    /// Creates the output from clones, since the child can still be undone.
    pub(super) fn output(&self) -> Result<<I::Machine as Machine>::Output, Box<Panic>>
    where
        I::Machine: Tail,
    {
        let machine = self.machine.as_ref().expect("it has run");
        caught(|| machine.made(&self.slots))
    }

    /// Converts the end of the child for its parent. From here on the parent reports the child's
    /// failures.
    pub(super) fn ended<E>(&mut self, end: End, step: &'static str) -> NestedEnd
    where
        E: From<<I::Machine as Machine>::Error> + Send + Sync + 'static,
    {
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
        let aborted = kernel.aborted();
        if end == End::Parked {
            // Copied, because the compensations of the child may still read it.
            failures.first = Some(failure.map_ref(|error| copy(rules::<I::Machine>(), error)));
        }
        let convert = |raised: Raised| {
            let error = raised.into_error::<<I::Machine as Machine>::Error>();
            let text = if const { <I::Machine as Machine>::ERROR_CODEC.is_none() } {
                "an error whose conversion panicked".to_owned()
            } else {
                described(|| I::Machine::describe(&error))
            };
            let converted = quietly(|| E::from(error));
            let converted = converted.map(|error| Cause::Failed(Raised::of(error)));
            converted.unwrap_or(Cause::Recorded { text })
        };
        let failure = failure.within(step, convert).of_child();
        let also = failures.also.drain(..);
        NestedEnd {
            end: child_end,
            aborted,
            failure,
            also: also.map(|also| also.within(step, convert)).collect(),
        }
    }
}

impl NestedEnd {
    /// Converts the end of a rollback. The failure of the child was reported before, so only what
    /// could not be undone is reported now.
    pub(super) fn undone(self, step: &'static str) -> Self {
        discard(self.failure);
        let parent = ParentFailure::unnamed(NOT_UNDONE).into();
        let failure = Failure::whole(Cause::ParentRolledBack(parent));
        Self {
            failure: failure.within(step, Cause::Failed),
            ..self
        }
    }
}
