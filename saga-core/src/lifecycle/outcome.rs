//! The outcome of a saga, for its caller.

use crate::{
    basics::{discard::discard, panic::Panic},
    executor::RunState,
    generated::{
        machine::{Machine, Saga, leave},
        object::children,
    },
    kernel::{Direction, End},
    report::{
        completeness::Completeness,
        error::{Error, Failure},
        parked::AnyParked,
        standing::Unsettled,
    },
    values::{cause::Cause, id::Id},
};
use std::{any::Any, fmt, mem};

/// The outcome of a saga. `.outcome().await` returns it; `.await` returns it as a `Result`.
#[must_use = "a saga that did not complete may need an operator"]
pub enum Outcome<M: Machine> {
    /// Every step is applied, skipped by its `when`, or replaced by its fallback.
    Completed(M::Output),
    /// Nothing remains applied except what the error lists as left.
    Compensated(Error<M::Error>),
    /// A step could not be undone, finished or settled. The saga is suspended, and can be resumed.
    Parked(Parked<M>),
    /// Every step is applied, but the expression of the output panicked.
    OutputLost(Box<Panic>),
}

impl<M: Machine> Outcome<M> {
    /// Returns the output, or the error. If the saga is [`Parked`], its error keeps it:
    /// [`Error::into_parked`] returns it.
    ///
    /// # Errors
    /// If the saga did not complete, or lost its output.
    #[inline]
    pub fn into_result(self) -> Result<M::Output, Error<M::Error>> {
        match self {
            Self::Completed(output) => Ok(output),
            Self::Compensated(error) => Err(error),
            Self::Parked(parked) => Err(parked.into_error()),
            Self::OutputLost(panic) => Err(Error::new(
                Failure::whole(Cause::Panicked(panic)),
                Vec::new(),
                Completeness::OutputLost,
                M::below,
            )),
        }
    }

    /// The outcome: one of three. A lost output counts as completed.
    #[must_use]
    pub fn end(&self) -> End {
        match self {
            Self::Completed(_) | Self::OutputLost(_) => End::Completed,
            Self::Compensated(_) => End::Compensated,
            Self::Parked(_) => End::Parked,
        }
    }
}

impl<M: Machine<Output: fmt::Debug, Error: fmt::Debug>> fmt::Debug for Outcome<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed(output) => f.debug_tuple("Completed").field(output).finish(),
            Self::Compensated(error) => f.debug_tuple("Compensated").field(error).finish(),
            Self::Parked(parked) => f.debug_tuple("Parked").field(parked).finish(),
            Self::OutputLost(panic) => f.debug_tuple("OutputLost").field(panic).finish(),
        }
    }
}

/// A saga that is suspended for an operator, because a step could be neither finished nor undone.
/// It lists the steps that are still applied, in doubt or unfinished, and can be
/// [resumed](Self::resume). Until then, or until you drop it, it keeps its locks.
///
/// `{:?}` prints what an operator needs: these steps, what failed, such as a `resolve`, and the
/// effects whose types are `Debug`.
#[must_use = "a parked saga has something applied, in doubt or unfinished"]
pub struct Parked<M: Machine>(Box<ParkedState<M>>);

/// The position of a parked saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whether it was running forward or rolling back.
    pub direction: Direction,
    /// How far it had come going forward: its current step, or the first step of its current block.
    pub step: Option<&'static str>,
}

struct ParkedState<M: Machine> {
    machine: M,
    snapshot: M::Snapshot,
    /// Its child sagas, which are not part of the snapshot.
    children: Option<M::Children>,
    run: RunState,
    /// The failures of the run, by their type: first the one that is reported.
    failures: Known<M::Error>,
    id: Id,
    unsettled: Unsettled,
}

/// Failures that are dropped each on its own, since a `drop` may panic.
struct Known<E>(Vec<Failure<E>>);

impl<E> Drop for Known<E> {
    fn drop(&mut self) {
        self.0.drain(..).for_each(discard);
    }
}

impl<M: Machine> Parked<M> {
    pub(crate) fn new(machine: M, slots: M::Slots, mut run: RunState, id: Id) -> Self {
        let unsettled = run.unsettled(&children::<M>(&slots));
        let failures = Known(run.failures.take_all().map(Failure::typed).collect());
        let mut slots = slots;
        let children = M::children(&mut slots).map(mem::take);
        Self(Box::new(ParkedState {
            children,
            machine,
            snapshot: M::snapshot(slots),
            run,
            failures,
            id,
            unsettled,
        }))
    }

    /// The saga's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.0.id
    }

    /// The effects of the saga, each if it exists. Its `Debug` shows those whose types have it.
    #[must_use]
    pub fn snapshot(&self) -> &M::Snapshot {
        &self.0.snapshot
    }

    /// The position where the saga stopped.
    #[must_use]
    pub fn position(&self) -> Position {
        let kernel = &self.0.run.kernel;
        Position {
            direction: kernel.direction(),
            step: kernel
                .at_hand()
                .map(|step| &*M::DEFINITION.steps[usize::from(step)].name),
        }
    }

    /// The inputs and services.
    #[must_use]
    pub fn machine(&self) -> &M {
        &self.0.machine
    }

    /// The failure that is reported.
    ///
    /// # Panics
    /// Never: a saga parks because of a failure.
    #[must_use]
    pub fn failure(&self) -> &Failure<M::Error> {
        self.0
            .failures
            .0
            .first()
            .expect("a saga parks for a failure")
    }

    /// The other failures, in order.
    #[must_use]
    pub fn also(&self) -> &[Failure<M::Error>] {
        self.0.failures.0.get(1..).unwrap_or_default()
    }

    /// The steps that are still applied, in doubt or unfinished.
    #[must_use]
    pub fn unsettled(&self) -> &Unsettled {
        &self.0.unsettled
    }

    fn into_error(mut self) -> Error<M::Error> {
        let mut failures = mem::take(&mut self.0.failures.0).into_iter();
        let failure = failures.next().expect("a saga parks for a failure");
        let unsettled = self.0.unsettled.clone();
        let kept = (unsettled, Box::new(self) as Box<dyn AnyParked>);
        Error::parked(failure, failures.collect(), kept, M::below)
    }

    pub(crate) fn into_parts(self) -> (M, M::Slots, RunState, Id) {
        let ParkedState {
            machine,
            snapshot,
            children,
            mut run,
            mut failures,
            id,
            ..
        } = *self.0;
        let failures = mem::take(&mut failures.0).into_iter();
        run.failures.put_all(failures.map(Failure::raised));
        run.take_up();
        (machine, restored::<M>(snapshot, children), run, id)
    }
}

impl<M: Machine> AnyParked for Parked<M> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }

    fn leave(self: Box<Self>) {
        let ParkedState {
            machine,
            snapshot,
            children,
            ..
        } = *self.0;
        leave(machine, &mut restored::<M>(snapshot, children));
    }
}

impl<E> Error<E> {
    /// The parked saga that the error keeps: `error.into_parked::<BookTrip>()`. You can
    /// [resume](Parked::resume) it. If you drop the error instead, the saga is lost, and what it has
    /// done stays done.
    ///
    /// Where `?` has boxed the error, as an `anyhow::Error` or a `Box<dyn Error>`, downcast it
    /// first: `error.downcast::<typed_saga::Error<BookingError>>()?.into_parked::<BookTrip>()`.
    ///
    /// If a service has a type parameter that no input mentions, name the saga with its services:
    /// `error.into_parked::<BookTripRun<HttpBank>>()`.
    ///
    /// # Errors
    /// The error itself, if it keeps no `S`: the saga is not parked, or is another one, or is durable
    /// and on an engine, which keeps it in its store.
    pub fn into_parked<S>(self) -> Result<Parked<S::Machine>, Self>
    where
        S: Saga<Machine: Machine<Error = E>>,
    {
        let (mut parked, failures) = self.into_kept::<Parked<S::Machine>>()?;
        parked.0.failures = Known(failures);
        Ok(*parked)
    }
}

/// Restores the slots of a parked saga.
fn restored<M: Machine>(snapshot: M::Snapshot, children: Option<M::Children>) -> M::Slots {
    let mut slots = M::restore(snapshot);
    if let (Some(place), Some(children)) = (M::children(&mut slots), children) {
        *place = children;
    }
    slots
}

impl<M: Machine<Error: fmt::Debug>> fmt::Debug for Parked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked")
            .field("id", self.id())
            .field("failure", self.failure())
            .field("also", &self.also())
            .field("unsettled", self.unsettled())
            .field("snapshot", self.snapshot())
            .finish_non_exhaustive()
    }
}

impl<M: Machine<Error: fmt::Display>> fmt::Display for Parked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.failure(), self.unsettled())
    }
}
