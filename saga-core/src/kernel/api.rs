//! The kernel as its users see it: what may be asked of it, and what it may be told.

use super::{
    change::CallChange,
    command::{Command, Lane},
    event::{Event, Illegal, Settlement},
    phase::{Cancellation, Direction, Left, Phase},
    signal::Hearing,
    state::{Course, Flag, SagaState, StepPhase, StepState},
    transition::Transition,
    view::{Due, View},
};
use crate::definition::{Backoff, DefinitionRef, Limit};
use crate::values::call::CallKind;

/// The state of one saga, and what follows from it.
///
/// `S` holds one [`StepState`] per step: an array in generated code, a boxed slice where the number
/// is not known. The kernel never allocates.
#[derive(Clone, Debug)]
pub struct Kernel<S> {
    pub(super) saga: SagaState,
    pub(super) states: S,
    /// What is due: worked out once after each event, since it is asked for several times.
    pub(super) due: Due,
}

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// The kernel of a saga that has not started. What `states` held before is forgotten.
    ///
    /// `durable` says that the journal at hand survives the process; some defaults are more patient
    /// then.
    ///
    /// # Panics
    ///
    /// If `states` is not as long as `definition.steps`, or those are more than `u16` can count.
    #[inline]
    pub fn new(definition: impl Into<DefinitionRef>, mut states: S, durable: bool) -> Self {
        let definition = definition.into();
        let steps = states.as_mut();
        assert!(
            steps.len() == definition.steps.len() && steps.len() < usize::from(u16::MAX),
            "one state per step"
        );
        steps.fill(StepState::NEW);
        let saga = SagaState::new(definition, durable);
        let due = View {
            saga: &saga,
            states: states.as_ref(),
        }
        .due();
        Self { saga, states, due }
    }

    /// The same state, with `states` to hold what it remembers of the steps. What they held before
    /// is forgotten.
    ///
    /// # Panics
    ///
    /// If `states` is not as long.
    pub fn stored_in<T: AsRef<[StepState]> + AsMut<[StepState]>>(
        &self,
        mut states: T,
    ) -> Kernel<T> {
        states.as_mut().copy_from_slice(self.states.as_ref());
        Kernel {
            saga: self.saga.clone(),
            states,
            due: self.due,
        }
    }

    /// Takes an event into account.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if the event does not fit the state; nothing has changed then.
    pub fn apply(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        apply(saga, states, &mut self.due, event)
    }

    /// Takes into account that the loop begins anew of which it is an item, with this step: as if
    /// nothing had happened, but that its round goes on.
    pub(crate) fn begin_anew(&mut self, step: u16) {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        Transition { saga, states }.turn(step);
        self.saga.recalled = false;
        self.due = self.view().due();
    }

    /// What to do next. While a call runs that is not part of a group, it is the command that began
    /// the call.
    #[inline]
    pub fn next(&self) -> Command {
        match self.due {
            Ok(command) => command,
            Err((step, call)) => Command::Call { step, call },
        }
    }

    /// What the step of the group at hand does next; [`Lane::Ended`] for a step that is not part of
    /// it.
    pub fn lane(&self, step: u16) -> Lane {
        self.view().lane_at_hand(step)
    }

    /// How often and how far apart this step, its `resolve` or its compensation is tried: as
    /// declared, or by default.
    ///
    /// For the action without `#[retry]` it is how its repetitions that settle doubt are counted;
    /// before the pivot (and for the pivot itself) a failure that leaves no doubt is not followed
    /// by another attempt then.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn policy(&self, step: u16, call: CallKind) -> (Limit, &Backoff) {
        self.view().policy(step, call)
    }

    /// The declaration that it runs.
    pub fn definition(&self) -> &DefinitionRef {
        &self.saga.definition
    }

    /// Whether its journal survives the process.
    pub fn is_durable(&self) -> bool {
        self.saga.durable
    }

    /// Where the step is.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn phase(&self, step: u16) -> Phase {
        self.view().phase(step)
    }

    /// How many attempts of the action were started since the last turn, resumption or the start,
    /// without those lost to a crash: from 1 once it is attempted.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn attempt(&self, step: u16) -> u32 {
        self.states.as_ref()[usize::from(step)].attempts
    }

    /// The round of the step, from 0: it advances when the action is started again after a
    /// compensation attempt or a turn.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn round(&self, step: u16) -> u32 {
        self.states.as_ref()[usize::from(step)].round
    }

    /// The step at hand, or the first one of the block at hand: where the way forward stands, or
    /// stood when it turned back. `None` once all steps are done.
    pub fn at_hand(&self) -> Option<u16> {
        Some(self.saga.cursor).filter(|&step| usize::from(step) < self.states.as_ref().len())
    }

    /// Where it is heading.
    pub fn direction(&self) -> Direction {
        self.saga.direction
    }

    /// How many times it has turned forward again.
    pub fn turns(&self) -> u32 {
        self.saga.turns
    }

    /// The step that failed first: its failure is the one that is reported. A turn clears it.
    pub fn first_failed(&self) -> Option<u16> {
        self.saga.first_failed
    }

    /// Whether the last thing heard of the step's action since the last turn is a failure that
    /// nothing made good, cut-short ones included.
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
        let doubt = self.states.as_ref()[usize::from(step)].has(Flag::Doubt);
        doubt && !self.view().is_undone_with_another(step)
    }

    /// Whether the `when` block was taken, in a saga that has passed it.
    ///
    /// # Panics
    ///
    /// If there is no such block.
    pub fn is_taken(&self, block: u16) -> bool {
        let first = self.view().block(block).start;
        self.view().state(first).at != StepPhase::Omitted
    }

    /// Whether the saga has ended, and is parked because its events could not be made.
    pub fn is_unsaid(&self) -> bool {
        self.saga.course == Course::Unsaid
    }

    /// Whether the step is in doubt, and some of its operation happened for certain.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn is_partial(&self, step: u16) -> bool {
        self.is_in_doubt(step) && self.states.as_ref()[usize::from(step)].has(Flag::Partial)
    }

    /// What became of a request to cancel.
    pub fn cancellation(&self) -> Cancellation {
        self.saga.cancellation
    }

    /// What became of the deadline.
    pub fn deadline(&self) -> Cancellation {
        self.saga.deadline
    }

    /// Whether the saga that it is a step of goes back.
    pub fn is_recalled(&self) -> bool {
        self.saga.recalled
    }

    /// Whether the failure that is reported is that the other side said no.
    pub fn is_refused(&self) -> bool {
        self.saga.refused
    }

    /// Whether an abort is on record.
    pub fn aborted(&self) -> bool {
        self.saga.aborted
    }

    /// Whether the step's action, `resolve` or compensation, whichever is at hand, has failed ten
    /// times in a row or more.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn is_stuck(&self, step: u16) -> bool {
        self.states.as_ref()[usize::from(step)].is_stuck()
    }

    /// How many times in a row this call of the step was lost with its process.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn losses(&self, step: u16, call: CallKind) -> u32 {
        self.states.as_ref()[usize::from(step)]
            .losses
            .of(call)
            .into()
    }

    /// The answer to a signal for the step, if one came now.
    ///
    /// # Panics
    ///
    /// If there is no such step, or it is no signal.
    pub fn hearing(&self, step: u16) -> Hearing {
        let hearing = self.view().hearing(step);
        hearing.expect("signals are sent to steps that listen for one")
    }

    /// The signals that count, and that no step has taken.
    pub fn signalled(&self) -> impl Iterator<Item = u16> {
        let view = self.view();
        view.steps().filter(move |&step| view.is_signalled(step))
    }

    /// The calls on record as started without an end. If the process that made them has ended,
    /// [`Event::Lost`](super::Event::Lost) says so of each.
    pub fn running(&self) -> impl Iterator<Item = (u16, CallKind)> {
        self.view().running()
    }

    /// The steps that the way back is to undo, but whose effect could not be recorded: only the
    /// process that applied them has it. If that has ended, [`Event::Lost`](super::Event::Lost) says
    /// so of each, after it has said so of all that is [`running`](Self::running).
    pub fn unrecorded(&self) -> impl Iterator<Item = u16> {
        self.view().unrecorded()
    }

    /// How a person may settle the step now, by [`Event::Settled`](super::Event::Settled): while no
    /// call of it runs, and the saga is parked, or the step is in doubt and waits, or waits for
    /// another try of its compensation.
    ///
    /// What a way back leaves behind by `compensate none` cannot be settled: no saga parks for it.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    pub fn settleable(&self, step: u16) -> impl Iterator<Item = Settlement> {
        self.view().settleable(step).iter().copied()
    }

    /// What a saga on its way back, or compensated, leaves behind by declaration (`compensate
    /// none`), or because nobody asked to settle it.
    pub fn left(&self) -> impl Iterator<Item = (u16, Left)> {
        self.view().left()
    }

    /// Whether what there is in the step, a loop, stands or fails with it now: since the last turn it
    /// has begun, and it was not undone with another step.
    pub(crate) fn has_parts(&self, step: u16) -> bool {
        let view = self.view();
        view.state(step).has(Flag::Started) && !view.is_undone_with_another(step)
    }

    /// What stands in a parked saga: applied or kept, and not in [`left`](Self::left).
    pub fn standing(&self) -> impl Iterator<Item = u16> {
        self.view().standing()
    }

    /// What is in doubt in a parked saga, and not in [`left`](Self::left).
    pub fn in_doubt(&self) -> impl Iterator<Item = u16> {
        self.view().in_doubt()
    }

    /// What a saga that parked on its way forward has still to do: neither applied nor skipped nor
    /// in doubt. Nothing on the way back.
    pub fn unfinished(&self) -> impl Iterator<Item = u16> {
        self.view().unfinished()
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            saga: &self.saga,
            states: self.states.as_ref(),
        }
    }
}

/// One function for all sagas, however many steps they have.
fn apply(
    saga: &mut SagaState,
    states: &mut [StepState],
    due: &mut Due,
    event: Event,
) -> Result<(), Illegal> {
    let starts =
        |step, call| event.step() == Some(step) && event.call() == CallChange::Starts(call);
    match *due {
        // Half of all events: the call that is due starts, and is what has to end then.
        Ok(Command::Call { step, call }) if starts(step, call) => {
            Transition { saga, states }.take(event);
            *due = Err((step, call));
        }
        _ => {
            Transition { saga, states }.apply(event, *due)?;
            *due = View { saga, states }.due();
        }
    }
    Ok(())
}
