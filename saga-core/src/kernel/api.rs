//! The public interface of the kernel: the events it takes, and the questions it answers.

use super::{
    command::{Command, End, Lane},
    event::{Event, Illegal},
    phase::{Cancellation, Direction, Left},
    state::{Course, Flag, SagaState, StepPhase, StepState},
    transition::Transition,
    view::{Due, View},
};
use crate::definition::DefinitionRef;
use crate::values::call::CallKind;

/// The state of one saga, and the command that follows from it.
///
/// It allocates nothing after it is created.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(super) saga: SagaState,
    /// One per step.
    pub(super) states: Box<[StepState]>,
    /// The command that is due. Computed once after each event, because it is read several times.
    pub(super) due: Due,
}

impl Kernel {
    /// Creates the kernel of a saga that has not started.
    ///
    /// `durable` means that the run's journal survives the process; some defaults are more patient
    /// then.
    ///
    /// # Panics
    ///
    /// If there are more steps than a `u16` can count.
    pub fn new(definition: impl Into<DefinitionRef>, durable: bool) -> Self {
        let definition = definition.into();
        let steps = definition.steps.len();
        assert!(steps < usize::from(u16::MAX), "a `u16` counts the steps");
        let mut states = vec![StepState::NEW; steps].into_boxed_slice();
        for step in definition.absent() {
            states[usize::from(step)].at = StepPhase::Absent;
        }
        let mut saga = SagaState::new(definition, durable);
        saga.pass_closed(&states);
        let due = View {
            saga: &saga,
            states: &states,
        }
        .due();
        Self { saga, states, due }
    }

    /// Applies an event.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if the event does not fit the state; nothing has changed then.
    #[inline]
    pub fn apply(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, &mut *self.states);
        apply(saga, states, &mut self.due, event)
    }

    /// Applies an event if there is a shortcut for it; otherwise changes nothing. Returns whether
    /// there is.
    #[cfg(test)]
    pub(super) fn apply_by_shortcut(&mut self, event: Event) -> bool {
        let (saga, states) = (&mut self.saga, &mut *self.states);
        apply_by_shortcut(saga, states, &mut self.due, event)
    }

    /// Like [`apply`](Self::apply), without its shortcuts.
    #[cfg(test)]
    pub(super) fn apply_by_rules(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, &mut *self.states);
        apply_by_rules(saga, states, &mut self.due, event)
    }

    /// For an item whose loop starts again: resets the item from `step` on, as if nothing had
    /// happened, except that its round continues to count.
    pub(crate) fn begin_anew(&mut self, step: u16) {
        let (saga, states) = (&mut self.saga, &mut *self.states);
        let mut transition = Transition { saga, states };
        transition.turn(step);
        // If its requests may still arrive, the loop knows.
        transition.states[usize::from(step)].clear(Flag::Arriving);
        self.saga.recalled = false;
        self.due = self.view().due();
    }

    /// Returns what to do next. While a call runs outside a block, that is the command that started
    /// the call.
    #[inline]
    #[must_use]
    pub fn next(&self) -> Command {
        match self.due {
            Ok(command) => command,
            Err((step, call)) => Command::Call { step, call },
        }
    }

    /// How the saga has ended, if it has.
    pub(crate) fn end(&self) -> Option<End> {
        match self.next() {
            Command::End(end) => Some(end),
            _ => None,
        }
    }

    /// Returns what the step of the current block does next; [`Lane::Ended`] for a step that is not
    /// part of that block.
    #[must_use]
    pub fn lane(&self, step: u16) -> Lane {
        self.view().lane_at_hand(step)
    }

    /// The declaration of this saga.
    #[must_use]
    pub fn definition(&self) -> &DefinitionRef {
        &self.saga.definition
    }

    /// Whether the run's journal survives the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.saga.durable
    }

    /// The current step, or the first step of the current block: the position on the way forward,
    /// or the position at which the saga began to compensate. `None` once all steps are done.
    #[must_use]
    pub fn at_hand(&self) -> Option<u16> {
        Some(self.saga.cursor).filter(|&step| usize::from(step) < self.states.len())
    }

    /// Whether the saga goes forward or compensates.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.saga.direction
    }

    /// The number of times that the saga has gone forward again from a savepoint.
    #[must_use]
    pub fn turns(&self) -> u32 {
        self.saga.turns
    }

    /// The step that failed first, whose failure is reported. Cleared when the saga goes forward
    /// again from a savepoint.
    #[must_use]
    pub fn first_failed(&self) -> Option<u16> {
        self.saga.first_failed
    }

    /// Whether the `when` block was taken, in a saga that has passed it.
    #[must_use]
    pub fn is_taken(&self, block: u16) -> bool {
        let view = self.view();
        let goes = |block: u16| {
            let mut steps = view.block(block);
            let has_steps = !steps.is_empty();
            has_steps.then(|| steps.all(|step| view.state(step).at != StepPhase::Omitted))
        };
        // An `else` without steps is taken if no other arm is.
        let other = || {
            view.definition()
                .arms(block)
                .any(|arm| goes(arm) == Some(true))
        };
        goes(block).unwrap_or_else(|| !other())
    }

    /// Whether the saga has ended, but is parked because its events could not be created.
    #[must_use]
    pub fn is_unsaid(&self) -> bool {
        self.saga.course == Course::Unsaid
    }

    /// The answer to a request to cancel.
    #[must_use]
    pub fn cancellation(&self) -> Cancellation {
        self.saga.cancellation
    }

    /// The effect of the deadline so far.
    #[must_use]
    pub fn deadline(&self) -> Cancellation {
        self.saga.deadline
    }

    /// Whether the saga's parent rolls back.
    #[must_use]
    pub fn is_recalled(&self) -> bool {
        self.saga.recalled
    }

    /// Whether the failure that is reported is a refusal by a service.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.saga.refused
    }

    /// Whether an error that aborts the saga is recorded.
    #[must_use]
    pub fn aborted(&self) -> bool {
        self.saga.aborted
    }

    /// The signals that were accepted and that no step has received yet.
    pub fn signalled(&self) -> impl Iterator<Item = u16> {
        let view = self.view();
        view.steps().filter(move |&step| view.is_signalled(step))
    }

    /// The calls that are recorded as started, but not as ended. If the process that made them has
    /// ended, apply [`Event::Lost`](super::Event::Lost) for each.
    pub fn running(&self) -> impl Iterator<Item = (u16, CallKind)> {
        self.view().running()
    }

    /// The steps that have to be compensated, but whose effect could not be recorded: only the
    /// process that applied them has it. If that process has ended, apply
    /// [`Event::Lost`](super::Event::Lost) for each, after the one for each call that was
    /// [`running`](Self::running).
    pub fn unrecorded(&self) -> impl Iterator<Item = u16> {
        self.view().unrecorded()
    }

    /// The steps that a saga that compensates, or is compensated, leaves behind by declaration
    /// (`compensate none`), or because the declaration does not ask to settle their doubt. A step
    /// with `compensate none again` is listed if any of its rounds is left behind.
    pub fn left(&self) -> impl Iterator<Item = (u16, Left)> {
        self.view().aftermath().left()
    }

    /// The steps of a parked saga that remain applied, and are not in [`left`](Self::left).
    pub fn standing(&self) -> impl Iterator<Item = u16> {
        self.view().aftermath().standing()
    }

    /// The steps of a parked saga that are in doubt, and are not in [`left`](Self::left).
    pub fn in_doubt(&self) -> impl Iterator<Item = u16> {
        self.view().aftermath().in_doubt()
    }

    /// The steps that a saga that parked while going forward has still to do: neither applied, nor
    /// skipped, nor in doubt. Empty while compensating.
    pub fn unfinished(&self) -> impl Iterator<Item = u16> {
        self.view().aftermath().unfinished()
    }

    /// The state, for the rules.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            saga: &self.saga,
            states: &self.states,
        }
    }
}

#[inline]
fn apply(
    saga: &mut SagaState,
    states: &mut [StepState],
    due: &mut Due,
    event: Event,
) -> Result<(), Illegal> {
    if apply_by_shortcut(saga, states, due, event) {
        return Ok(());
    }
    apply_by_rules(saga, states, due, event)
}

/// Shortcuts for nearly all events of most runs: two for the way forward, and two for the way back.
/// Without those for the way forward, a recorded run takes a sixth more instructions, and an item of
/// a loop a fifth more.
#[inline]
fn apply_by_shortcut(
    saga: &mut SagaState,
    states: &mut [StepState],
    due: &mut Due,
    event: Event,
) -> bool {
    use CallKind::{Action, Compensate};
    match (event, *due) {
        (
            Event::Attempting { step },
            Ok(Command::Call {
                step: at,
                call: Action,
            }),
        ) if step == at && states[usize::from(step)].is_untouched() => {
            states[usize::from(step)].attempted();
            *due = Err((step, Action));
        }
        (Event::Applied { step }, Err((at, Action)))
            if step == at
                && states[usize::from(step)].is_acting_at_once()
                && saga.direction == Direction::Forward
                // After a turn, the next step may have been applied before it.
                && saga.course == Course::Fresh
                && !saga.awaits_answer() =>
        {
            states[usize::from(step)].at = StepPhase::Applied;
            saga.cursor = step + 1;
            saga.pass_closed(states);
            *due = View { saga, states }.due();
        }
        (
            Event::Compensating { step },
            Ok(Command::Call {
                step: at,
                call: Compensate,
            }),
        ) if step == at && rolls_back(saga, states, step) => {
            Transition { saga, states }.compensating(step);
            *due = Err((step, Compensate));
        }
        (Event::Compensated { step }, Err((at, Compensate)))
            if step == at
                && rolls_back(saga, states, step)
                // Steps that another version added may be between.
                && saga.below == step + 1
                && saga.definition.steps[usize::from(step)].savepoint.is_none() =>
        {
            Transition { saga, states }.compensated(step);
            *due = View { saga, states }.way_back(step);
        }
        _ => return false,
    }
    true
}

/// Whether the compensation of the step is part of the rollback, and not of the settling of doubt,
/// and no block is at hand, whose lanes would come before it.
#[inline]
fn rolls_back(saga: &SagaState, states: &[StepState], step: u16) -> bool {
    let view = View { saga, states };
    saga.direction == Direction::Compensating
        && !view.state(step).has(Flag::Doubt)
        && !view.in_group()
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
