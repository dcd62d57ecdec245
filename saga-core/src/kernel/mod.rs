//! What happens next: a pure state machine, and the only place that decides.
//!
//! A [`Kernel`] is fed [`Event`]s and answers with [`Command`]s; it knows no clock, no randomness and no I/O. Folding the events of a saga
//! over a new kernel gives its state back, so a run in memory and a recovered one cannot drift apart.

mod back;
mod crash;
mod event;
mod forward;
mod report;
mod settled;
mod state;
mod straight;
mod view;

#[cfg(test)]
mod tests;

use std::{error, fmt};

pub use event::{
    CallChange, Command, EffectChange, End, Event, Lane, Settlement, Verdict, Waiting,
};
pub use state::StepState;

use crate::{definition::Definition, policy::Backoff, policy::Limit};
use report::Run;
use state::{Begin, Core, Flag};
use view::View;

/// The state of one saga, and what follows from it.
///
/// `S` holds one [`StepState`] per step: an array in generated code, a boxed slice where the number is not known. The kernel never allocates.
#[derive(Clone, Debug)]
pub struct Kernel<S> {
    core: Core,
    states: S,
}

/// Where a saga is heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards its end.
    Forward,
    /// A failure, abort, accepted cancel or deadline is on record: towards its start.
    Back,
}

/// What became of a cancel or of the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancellation {
    /// There is none.
    None,
    /// It is answered when the outcome of the pivot is known. It stays so in a saga that parks with its pivot unsettled.
    Pending,
    /// The saga goes back.
    Accepted,
    /// The pivot has passed, or the saga has ended.
    TooLate,
}

/// Where a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It is still to be started, or to be started again.
    Pending,
    /// A call of it is on record as started, without an end.
    Running(Running),
    /// It waits for the next try.
    Waiting(Waiting),
    /// It is not known whether it happened, and it is being settled (or was left, by `compensate none`).
    InDoubt,
    /// It did not happen, and its attempts are used up; the fallback is next.
    UsedUp,
    /// It did not happen, and is not tried again.
    Failed,
    /// It happened.
    Applied,
    /// Its `when` said no.
    Skipped,
    /// Its fallback took its place.
    FellBack,
    /// Its compensation is done.
    Undone,
    /// Its compensation failed for good: it stands.
    Standing,
    /// It is kept, because something that stands, or is in doubt, stands on it.
    Kept,
    /// It is not known whether it happened, and nothing is left that would tell.
    Unsettled,
}

/// Which call of a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Running {
    /// The action.
    Action,
    /// `resolve`.
    Resolve,
    /// The compensation, on the way back or to settle doubt.
    Compensation,
    /// The fallback.
    Fallback,
}

/// How sure it is that something was left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Left {
    /// It stands.
    Certain,
    /// It may stand.
    Perhaps,
}

/// An event that does not fit the state that it was applied to. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// The event.
    pub event: Event,
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} does not fit the state of the saga", self.event)
    }
}

impl error::Error for Illegal {}

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// The kernel of a saga that has not started. What `states` held before is forgotten.
    ///
    /// `durable` says that the journal at hand survives the process; some defaults are more patient then.
    ///
    /// # Panics
    ///
    /// If `states` is not as long as `definition.steps`, or those are more than `u16` can count.
    #[inline]
    pub fn new(definition: &'static Definition, mut states: S, durable: bool) -> Self {
        let steps = states.as_mut();
        assert!(
            steps.len() == definition.steps.len() && steps.len() < usize::from(u16::MAX),
            "one state per step"
        );
        steps.fill(StepState::NEW);
        let mut core = Core::new(definition, durable);
        core.expect(steps);
        Self { core, states }
    }

    /// Takes an event into account.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if the event does not fit the state; nothing has changed then.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which event it is, so one compare is left of it"
    )]
    pub fn apply(&mut self, event: Event) -> Result<(), Illegal> {
        if self.takes_as_usual(event) {
            return Ok(());
        }
        let (core, states) = (&mut self.core, self.states.as_mut());
        Run { core, states }.apply(event)
    }

    /// What to do next. While a call runs that is not part of a group, it is the command that began the call.
    #[inline]
    pub fn next(&self) -> Command {
        match self.core.hot.begin() {
            Begin::Attempt(step) => Command::Attempt { step },
            Begin::Undo(step) => Command::Compensate { step },
            Begin::End => Command::End(End::Compensated),
            Begin::Unknown => self.view().next(),
        }
    }

    /// What the step of the group at hand does next; [`Lane::Ended`] for a step that is not part of it.
    pub fn lane(&self, step: u16) -> Lane {
        self.view().lane_at_hand(step)
    }

    /// How often and how far apart this step, its `resolve` or its compensation is tried: as declared, or by default.
    ///
    /// For the action without `#[retry]` it is how its repetitions that settle doubt are counted; before the pivot (and for the pivot
    /// itself) a failure that leaves no doubt is not followed by another attempt then.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn policy(&self, step: u16, what: Waiting) -> (Limit, Backoff) {
        self.view().policy(step, what)
    }

    /// The declaration that it runs.
    pub fn definition(&self) -> &'static Definition {
        self.core.definition
    }

    /// Whether its journal survives the process.
    pub fn is_durable(&self) -> bool {
        self.core.durable
    }

    /// Where the step is.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn phase(&self, step: u16) -> Phase {
        self.view().phase(step)
    }

    /// How many attempts of the action were started since the last turn, resumption or the start, without those lost to a crash: from 1
    /// once it is attempted.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn attempt(&self, step: u16) -> u32 {
        self.states.as_ref()[usize::from(step)].attempts
    }

    /// The round of the step, from 0: it advances when the action is started again after a compensation attempt or a turn.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn round(&self, step: u16) -> u32 {
        self.states.as_ref()[usize::from(step)].round
    }

    /// The step at hand, or the first one of the block at hand: where the way forward stands, or stood when it turned back. `None` once all
    /// steps are done.
    pub fn at_hand(&self) -> Option<u16> {
        Some(self.core.cursor).filter(|&step| usize::from(step) < self.states.as_ref().len())
    }

    /// Where it is heading.
    pub fn direction(&self) -> Direction {
        self.core.direction
    }

    /// How many times it has turned forward again.
    pub fn turns(&self) -> u32 {
        self.core.turns
    }

    /// The step that failed first: its failure is the one that is reported. A turn clears it.
    pub fn first_failed(&self) -> Option<u16> {
        self.core.first_failed
    }

    /// Whether the last thing heard of the step's action since the last turn is a failure that nothing made good, cut-short ones included.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn has_failed(&self, step: u16) -> bool {
        self.states.as_ref()[usize::from(step)].has_failed()
    }

    /// Whether it is not known, by now, if the step's operation happened.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn is_in_doubt(&self, step: u16) -> bool {
        self.states.as_ref()[usize::from(step)].has(Flag::Doubt)
    }

    /// What became of a request to cancel.
    pub fn cancellation(&self) -> Cancellation {
        self.core.cancellation
    }

    /// What became of the deadline.
    pub fn deadline(&self) -> Cancellation {
        self.core.deadline
    }

    /// Whether an abort is on record.
    pub fn aborted(&self) -> bool {
        self.core.aborted
    }

    /// Whether the step's action, `resolve` or compensation, whichever is at hand, has failed ten times in a row or more.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn is_stuck(&self, step: u16) -> bool {
        self.states.as_ref()[usize::from(step)].is_stuck()
    }

    /// The calls on record as started without an end. If the process that made them has ended, [`Event::Lost`] says so of each.
    pub fn running(&self) -> impl Iterator<Item = (u16, Running)> {
        self.view().running()
    }

    /// The steps that the way back is to undo, but whose effect could not be recorded: only the process that applied them has it. If that has
    /// ended, [`Event::Lost`] says so of each, after it has said so of all that is [`running`](Self::running).
    pub fn unrecorded(&self) -> impl Iterator<Item = u16> {
        self.view().unrecorded()
    }

    /// How a person may settle the step now, by [`Event::Settled`]: while no call of it runs, and the saga is parked, or the step is in doubt and
    /// waits, or waits for another try of its compensation.
    ///
    /// What a way back leaves behind by `compensate none` cannot be settled: no saga parks for it.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn settleable(&self, step: u16) -> impl Iterator<Item = Settlement> {
        self.view().settleable(step).iter().copied()
    }

    /// What a saga on its way back, or compensated, leaves behind by declaration (`compensate none`), or because nobody asked to settle it.
    pub fn left(&self) -> impl Iterator<Item = (u16, Left)> {
        self.view().left()
    }

    /// What stands in a parked saga: applied or kept, and not in [`left`](Self::left).
    pub fn standing(&self) -> impl Iterator<Item = u16> {
        self.view().standing()
    }

    /// What is in doubt in a parked saga, and not in [`left`](Self::left).
    pub fn in_doubt(&self) -> impl Iterator<Item = u16> {
        self.view().in_doubt()
    }

    /// What a saga that parked on its way forward has still to do: neither applied nor skipped nor in doubt. Nothing on the way back.
    pub fn unfinished(&self) -> impl Iterator<Item = u16> {
        self.view().unfinished()
    }

    fn view(&self) -> View<'_> {
        View {
            core: &self.core,
            states: self.states.as_ref(),
        }
    }
}
