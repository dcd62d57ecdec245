//! How a saga ended, as its caller sees it.

use crate::{
    error::{Completeness, Error, Failure, LeftStanding, Panic, Unsettled},
    executor::{Core, Prepared, Running},
    id::Id,
    kernel::{Direction, End, Event, Left},
    machine::Machine,
};
use std::fmt;

/// How a saga ended. `.outcome().await` gives it; `.await` gives the same as a `Result`.
#[must_use = "a saga that did not complete may have left something for somebody to look after"]
pub enum Outcome<M: Machine> {
    /// Every step is applied, skipped by its `when`, or fallen back.
    Completed(M::Output),
    /// Nothing stands but what the error lists as left.
    Compensated(Error<M::Error>),
    /// Something could not be undone, finished or settled.
    Parked(Parked<M>),
    /// Every step is applied, but the expression of the output panicked.
    OutputLost(Box<Panic>),
}

impl<M: Machine> Outcome<M> {
    /// The output, or why there is none. What a [`Parked`] could still do is given up with it.
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
                Failure::whole(crate::Cause::Panicked(panic)),
                Vec::new(),
                Completeness::OutputLost,
            )),
        }
    }

    /// Which of the three ends it is; a lost output counts as completed.
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

/// A saga that somebody must look after: it says what stands, what is in doubt and what is unfinished, and can be taken up again.
#[must_use = "a parked saga has something standing, in doubt or unfinished"]
pub struct Parked<M: Machine>(Box<State<M>>);

/// Where a saga is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Where it is heading.
    pub direction: Direction,
    /// How far the way forward had come: the step at hand, or the first one of the block at hand.
    pub step: Option<&'static str>,
}

struct State<M: Machine> {
    machine: M,
    snapshot: M::Snapshot,
    core: Core<M>,
    id: Id,
    unsettled: Unsettled,
}

impl<M: Machine> Parked<M> {
    pub(crate) fn new(machine: M, slots: M::Slots, core: Core<M>, id: Id) -> Self {
        let unsettled = unsettled(&core);
        Self(Box::new(State {
            machine,
            snapshot: M::snapshot(slots),
            core,
            id,
            unsettled,
        }))
    }

    /// The saga's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.0.id
    }

    /// Its effects, each if it is there.
    #[must_use]
    pub fn snapshot(&self) -> &M::Snapshot {
        &self.0.snapshot
    }

    /// Where it stopped.
    #[must_use]
    pub fn position(&self) -> Position {
        let kernel = &self.0.core.kernel;
        Position {
            direction: kernel.direction(),
            step: kernel
                .at_hand()
                .map(|step| M::DEFINITION.steps[usize::from(step)].name),
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
    /// Never: a saga parks for a failure.
    #[must_use]
    pub fn failure(&self) -> &Failure<M::Error> {
        self.0
            .core
            .failures
            .first
            .as_ref()
            .expect("a saga parks for a failure")
    }

    /// What went wrong beside it, in order.
    #[must_use]
    pub fn also(&self) -> &[Failure<M::Error>] {
        &self.0.core.failures.also
    }

    /// What stands, what is in doubt, what is unfinished.
    #[must_use]
    pub fn unsettled(&self) -> &Unsettled {
        &self.0.unsettled
    }

    /// Takes the saga up where it stopped: with what could not be undone, settled or finished, every budget new.
    pub fn resume(self) -> Resumed<M> {
        Resumed(self)
    }

    fn into_error(self) -> Error<M::Error> {
        let mut state = *self.0;
        let failures = std::mem::take(&mut state.core.failures);
        failures.into_error(Completeness::Parked(state.unsettled))
    }

    pub(crate) fn into_parts(self) -> (M, M::Slots, Core<M>, Id) {
        let State {
            machine,
            snapshot,
            mut core,
            id,
            ..
        } = *self.0;
        // A parked kernel takes this event whatever it stands at.
        let resumed = core.kernel.apply(Event::Resumed);
        debug_assert!(resumed.is_ok(), "a parked saga can be resumed");
        if core.kernel.direction() == Direction::Forward {
            core.failures.outdate();
        }
        (machine, M::restore(snapshot), core, id)
    }
}

/// A parked saga that is to be taken up again: `.await` it, or `.outcome().await`.
#[must_use = "nothing happens before it is awaited"]
pub struct Resumed<M: Machine>(Parked<M>);

impl<M: Machine> Resumed<M> {
    /// Runs it and tells all of how it ended.
    pub fn outcome(self) -> Running<Outcome<M>> {
        Prepared::resumed(self.0).outcome()
    }
}

impl<M: Machine> IntoFuture for Resumed<M> {
    type Output = Result<M::Output, Error<M::Error>>;
    type IntoFuture = Running<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Prepared::resumed(self.0).into_future()
    }
}

impl<M: Machine<Error: fmt::Debug>> fmt::Debug for Parked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked")
            .field("id", self.id())
            .field("failure", self.failure())
            .field("also", &self.also())
            .field("unsettled", self.unsettled())
            .finish_non_exhaustive()
    }
}

impl<M: Machine<Error: fmt::Display>> fmt::Display for Parked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.failure(), self.unsettled())
    }
}

fn names<M: Machine>(steps: impl Iterator<Item = u16>) -> Vec<&'static str> {
    steps
        .map(|step| M::DEFINITION.steps[usize::from(step)].name)
        .collect()
}

/// What is left by declaration stands, too: a parked saga names all of it.
pub(crate) fn unsettled<M: Machine>(core: &Core<M>) -> Unsettled {
    let kernel = &core.kernel;
    let with = |listed: Vec<u16>, how| {
        let left = kernel.left().filter(move |(_, left)| *left == how);
        let mut all = listed;
        all.extend(left.map(|(step, _)| step));
        all.sort_unstable();
        all.dedup();
        all
    };
    let standing = with(kernel.standing().collect(), Left::Certain);
    let in_doubt = with(kernel.in_doubt().collect(), Left::Perhaps);
    Unsettled {
        standing: names::<M>(standing.into_iter()),
        in_doubt: names::<M>(in_doubt.into_iter()),
        unfinished: names::<M>(kernel.unfinished()),
    }
}

pub(crate) fn left<M: Machine>(core: &Core<M>) -> Vec<LeftStanding> {
    core.kernel
        .left()
        .map(|(step, how)| LeftStanding {
            step: M::DEFINITION.steps[usize::from(step)].name,
            how,
        })
        .collect()
}

/// How a saga ended, without values: what `outcome` is in `finally`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    pub(crate) id: Id,
    pub(crate) saga: &'static str,
    pub(crate) end: End,
    pub(crate) step: Option<&'static str>,
    pub(crate) failure: Option<String>,
    pub(crate) completeness: Option<Completeness>,
}

impl Summary {
    /// Which of the three ends it is.
    #[must_use]
    pub fn end(&self) -> End {
        self.end
    }

    /// The step that failed.
    #[must_use]
    pub fn step(&self) -> Option<&'static str> {
        self.step
    }

    /// The failure as a sentence.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// How far a saga that did not complete was taken back.
    #[must_use]
    pub fn completeness(&self) -> Option<&Completeness> {
        self.completeness.as_ref()
    }

    /// What `finally` reads as `ctx`.
    #[must_use]
    pub fn context(&self) -> crate::Context<'_> {
        crate::Context::new(self.saga, &self.id, "finally")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.failure, &self.completeness) {
            (None, _) => f.write_str("completed"),
            (Some(failure), None) => f.write_str(failure),
            (Some(failure), Some(completeness)) => write!(f, "{failure}; {completeness}"),
        }
    }
}
