//! The kernel as its users see it: what may be asked of it, and what it may be told.

use super::{
    command::{Command, Lane},
    event::{Event, Illegal},
    phase::{Cancellation, Direction, Left},
    state::{Course, Flag, SagaState, StepPhase, StepState},
    transition::Transition,
    view::{Due, View},
};
use crate::definition::DefinitionRef;
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
        for step in definition.absent() {
            steps[usize::from(step)].at = StepPhase::Absent;
        }
        let mut saga = SagaState::new(definition, durable);
        saga.pass_absent(steps);
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
    #[inline]
    pub fn apply(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        apply(saga, states, &mut self.due, event)
    }

    /// The same without shortcuts.
    #[cfg(test)]
    pub(super) fn apply_by_rules(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        apply_by_rules(saga, states, &mut self.due, event)
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

    /// The declaration that it runs.
    pub fn definition(&self) -> &DefinitionRef {
        &self.saga.definition
    }

    /// Whether its journal survives the process.
    pub fn is_durable(&self) -> bool {
        self.saga.durable
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

/// For all sagas, however many steps they have.
#[inline]
fn apply(
    saga: &mut SagaState,
    states: &mut [StepState],
    due: &mut Due,
    event: Event,
) -> Result<(), Illegal> {
    use CallKind::Action;
    match (event, *due) {
        // Two shortcuts for nearly all events of most runs. Without them a recorded run takes a sixth
        // more instructions, and an item of a loop a fifth.
        (
            Event::Attempting { step },
            Ok(Command::Call {
                step: at,
                call: Action,
            }),
        ) if step == at && states[usize::from(step)].is_untouched() => {
            states[usize::from(step)].attempted();
            *due = Err((step, Action));
            Ok(())
        }
        (Event::Applied { step }, Err((at, Action)))
            if step == at
                && states[usize::from(step)].is_acting_at_once()
                && saga.direction == Direction::Forward
                && !saga.awaits_answer() =>
        {
            states[usize::from(step)].at = StepPhase::Applied;
            saga.cursor = step + 1;
            saga.pass_absent(states);
            *due = View { saga, states }.due();
            Ok(())
        }
        _ => apply_by_rules(saga, states, due, event),
    }
}

#[inline(never)]
fn apply_by_rules(
    saga: &mut SagaState,
    states: &mut [StepState],
    due: &mut Due,
    event: Event,
) -> Result<(), Illegal> {
    Transition { saga, states }.apply(event, *due)?;
    *due = View { saga, states }.due();
    Ok(())
}
