//! Fast paths: what is ordinary, told by one compare or for many steps in one go, beside the
//! general rules of [`Transition`] and [`View`].
//!
//! Each says what the general rules say, to the last field: the enumeration of the tests takes
//! every event both ways and compares the whole state. [`FastPath`] is a function of that state,
//! too ([`FastPath::of`]), which is kept so that it need not be found out again for each event.
//!
//! Each pays: without it, the row of `saga-bench` that takes it costs 11 to 70 % more.

use super::{
    command::{Command, End, Lane},
    event::{Event, Verdict},
    phase::{Cancellation, Direction},
    state::{Cause, Course, Flag, SagaState, StepPhase, StepState, Streak},
    transition::Transition,
    view::View,
};
use crate::definition::{Compensation, Definition, Place, Step};
use crate::values::call::CallKind;

/// Whether a step is one that a batch goes on with: in no block, and behind no `when`.
#[inline]
pub(crate) const fn is_plain(step: &Step) -> bool {
    step.when.is_none() && step.group.is_none() && step.kind.acts() && step.condition.is_none()
}

/// Whether it is undone by a call of its own.
#[inline]
pub(crate) fn has_compensation(step: &Step) -> bool {
    matches!(step.compensation, Compensation::Declared { .. })
}

/// What comes next while all is as usual, so that a compare answers what otherwise takes a look at
/// the whole state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FastPath {
    /// Something is unusual: the general rules say what comes next.
    None,
    /// The step at hand is plain, and is to be attempted for the first time.
    Attempt(u16),
    /// That attempt runs, and no request waits for its end.
    Acting(u16),
    /// A block is at hand, up to `end`, of which `open` steps have not committed; each is pending,
    /// acting at its first attempt, or applied.
    Block { end: u16, open: u16 },
    /// The step, which is applied, is to be undone.
    Undo(u16),
    /// Its compensation runs.
    Undoing(u16),
    /// All is undone, and nothing resists.
    Compensated,
}

impl FastPath {
    /// What the state says.
    #[inline]
    pub(super) fn of(view: View<'_>) -> Self {
        match (view.saga.course, view.saga.direction) {
            (Course::Halted | Course::Unsaid, _) => Self::None,
            (Course::Fresh | Course::Repeated, Direction::Forward) => Self::forward(view),
            (Course::Fresh | Course::Repeated, Direction::Compensating) => Self::back(view),
        }
    }

    #[inline]
    fn forward(view: View<'_>) -> Self {
        let step = view.saga.cursor;
        let at = usize::from(step);
        match (view.states.get(at), view.saga.definition.steps.get(at)) {
            (Some(state), Some(declared)) if is_plain(declared) => {
                if state.is_untouched() {
                    Self::Attempt(step)
                } else if state.is_acting_at_once() && !awaits_answer(view) {
                    Self::Acting(step)
                } else {
                    Self::None
                }
            }
            (Some(_), Some(declared))
                if declared.group.is_some() && declared.condition.is_none() =>
            {
                Self::block(view)
            }
            _ => Self::None,
        }
    }

    fn block(view: View<'_>) -> Self {
        let unit = view.unit();
        let mut open = 0;
        for step in unit.clone() {
            let state = view.state(step);
            if state.is_untouched() || state.is_acting_at_once() {
                open += 1;
            } else if state.at != StepPhase::Applied {
                return Self::None;
            }
        }
        Self::Block {
            end: unit.end,
            open,
        }
    }

    fn back(view: View<'_>) -> Self {
        match view.due() {
            Ok(Command::Call {
                step,
                call: CallKind::Compensate,
            }) if view.state(step).at == StepPhase::Applied => Self::Undo(step),
            Ok(Command::End(End::Compensated)) => Self::Compensated,
            Err((step, _)) => {
                let state = view.state(step);
                if state.at == StepPhase::Calling(CallKind::Compensate) && !state.has(Flag::Doubt) {
                    Self::Undoing(step)
                } else {
                    Self::None
                }
            }
            Ok(_) => Self::None,
        }
    }

    /// What the state says on the way back once `step` is undone, or has failed: most often the
    /// step below is to be undone, which is seen without a look at all others.
    #[inline]
    fn below(view: View<'_>, step: u16) -> Self {
        if view.step(step).savepoint.is_some() {
            return Self::back(view);
        }
        let Some(below) = step.checked_sub(1) else {
            let resists = view.states.iter().any(StepState::resists);
            return if resists {
                Self::None
            } else {
                Self::Compensated
            };
        };
        let state = view.state(below);
        let is_there = state.at == StepPhase::Applied && !state.has(Flag::Held);
        if is_there && view.step(below).undoing().is_some() {
            Self::Undo(below)
        } else {
            Self::back(view)
        }
    }

    /// What to do next, if it is as usual.
    #[inline]
    pub(super) fn next(self) -> Option<Command> {
        match self {
            Self::Attempt(step) => Some(Command::call(step, CallKind::Action)),
            Self::Undo(step) => Some(Command::call(step, CallKind::Compensate)),
            Self::Compensated => Some(Command::End(End::Compensated)),
            Self::None | Self::Acting(_) | Self::Block { .. } | Self::Undoing(_) => None,
        }
    }

    /// What a step of the block at hand does next, if that is as usual.
    #[inline]
    pub(super) fn lane(self, view: View<'_>, step: u16) -> Option<Lane> {
        match self {
            Self::Block { end, .. } if (view.saga.cursor..end).contains(&step) => {
                Some(match view.state(step).at {
                    StepPhase::Pending => view.start(step),
                    StepPhase::Calling(CallKind::Action) => Lane::Blocked,
                    _ => Lane::Ended,
                })
            }
            _ => None,
        }
    }
}

/// Whether a request waits until the outcome of the pivot is known.
#[inline]
fn awaits_answer(view: View<'_>) -> bool {
    let pending = Cancellation::Pending;
    view.saga.cancellation == pending || view.saga.deadline == pending
}

impl StepState {
    /// Whether nothing has happened to it since the start or the last turn.
    #[inline]
    fn is_untouched(&self) -> bool {
        self.at == StepPhase::Pending && self.flags == 0 && self.cause == Cause::None
    }

    /// Whether its first attempt runs.
    #[inline]
    fn is_acting_at_once(&self) -> bool {
        self.at == StepPhase::Calling(CallKind::Action) && self.has_started_at_once()
    }

    #[inline]
    fn has_started_at_once(&self) -> bool {
        self.flags == Flag::Started as u16
            && self.attempts == 1
            && self.cause == Cause::None
            && self.streak == Streak::NONE
    }

    /// Whether it is applied by its first attempt, and nothing failed to undo it so far.
    #[inline]
    fn is_applied_at_once(&self) -> bool {
        self.at == StepPhase::Applied
            && self.attempts == 1
            && self.round == 0
            && self.streak == Streak::NONE
            && !self.has(Flag::Held)
    }

    /// The first attempt of a step that is untouched starts.
    #[inline]
    pub(super) const fn attempted(&mut self) {
        self.attempts = 1;
        self.at = StepPhase::Calling(CallKind::Action);
        self.flags = Flag::Started as u16;
    }
}

impl FastPath {
    /// Takes an event into account that is as usual, and says whether it was one.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which event it is, so one compare is left of it"
    )]
    pub(super) fn apply(
        &mut self,
        saga: &mut SagaState,
        states: &mut [StepState],
        event: Event,
    ) -> bool {
        *self = match (event, *self) {
            (Event::Attempting { step }, FastPath::Attempt(at)) if step == at => {
                states[usize::from(step)].attempted();
                FastPath::Acting(step)
            }
            (Event::Applied { step }, FastPath::Acting(at)) if step == at => {
                states[usize::from(step)].at = StepPhase::Applied;
                saga.cursor = step + 1;
                FastPath::forward(View { saga, states })
            }
            (Event::Attempting { step }, FastPath::Block { end, .. })
                if (saga.cursor..end).contains(&step) && View { saga, states }.may_start(step) =>
            {
                states[usize::from(step)].attempted();
                *self
            }
            (Event::Applied { step }, FastPath::Block { end, open })
                if (saga.cursor..end).contains(&step)
                    && states[usize::from(step)].at == StepPhase::Calling(CallKind::Action) =>
            {
                states[usize::from(step)].at = StepPhase::Applied;
                if open > 1 {
                    let open = open - 1;
                    FastPath::Block { end, open }
                } else {
                    saga.cursor = end;
                    FastPath::forward(View { saga, states })
                }
            }
            (Event::Compensating { step }, FastPath::Undo(at)) if step == at => {
                states[usize::from(step)].undoing();
                saga.below = step + 1;
                FastPath::Undoing(step)
            }
            (Event::Compensated { step }, FastPath::Undoing(at)) if step == at => {
                Transition { saga, states }.compensated(step);
                FastPath::below(View { saga, states }, step)
            }
            (
                Event::Rejected {
                    step,
                    verdict,
                    abort: false,
                    again,
                    ..
                },
                FastPath::Acting(at),
            ) if step == at && fails_at_once(&saga.definition, step, verdict) => {
                let state = &mut states[usize::from(step)];
                state.cause = Cause::of(verdict, false, again);
                state.failed(CallKind::Action);
                state.at = StepPhase::Failed;
                saga.first_failed = Some(step);
                saga.refused = verdict == Verdict::Refused;
                saga.direction = Direction::Compensating;
                FastPath::below(View { saga, states }, step)
            }
            _ => return false,
        };
        true
    }

    /// See [`Kernel::apply_batch`](super::Kernel::apply_batch).
    #[inline]
    pub(super) fn apply_batch(
        &mut self,
        saga: &mut SagaState,
        states: &mut [StepState],
        last: u16,
    ) {
        debug_assert!(
            *self == FastPath::Acting(saga.cursor),
            "the current step runs"
        );
        let (from, to) = (usize::from(saga.cursor), usize::from(last));
        for state in &mut states[from..to] {
            state.attempted();
            state.at = StepPhase::Applied;
        }
        states[to].attempted();
        saga.cursor = last;
        *self = FastPath::Acting(last);
    }

    /// See [`Kernel::undo_limit`](super::Kernel::undo_limit).
    #[inline]
    pub(super) fn undo_limit(self, view: View<'_>) -> Option<u16> {
        match self {
            Self::Undo(step) => view.undo_limit(step),
            _ => None,
        }
    }

    /// See [`Kernel::undo_batch`](super::Kernel::undo_batch).
    pub(super) fn undo_batch(&mut self, saga: &mut SagaState, states: &mut [StepState], last: u16) {
        let undone = usize::from(last)..usize::from(saga.below);
        let declared = &saga.definition.steps[undone.clone()];
        for (state, declared) in states[undone].iter_mut().zip(declared) {
            if has_compensation(declared) {
                state.undoing();
                state.at = StepPhase::Undone;
            }
        }
        states[usize::from(last)].at = StepPhase::Calling(CallKind::Compensate);
        saga.below = last + 1;
        *self = FastPath::Undoing(last);
    }
}

impl View<'_> {
    /// Whether this step of a [block](FastPath::Block) may be attempted.
    #[inline]
    fn may_start(&self, step: u16) -> bool {
        self.state(step).at == StepPhase::Pending
            && self.step(step).kind.acts()
            && self.awaits_nobody(step)
    }

    fn undo_limit(&self, step: u16) -> Option<u16> {
        let steps = &self.saga.definition.steps[..=usize::from(step)];
        let states = &self.states[..steps.len()];
        let mut lowest = None;
        let end = step + 1;
        for (below, (declared, state)) in (0..end).zip(steps.iter().zip(states)).rev() {
            let undone = has_compensation(declared);
            let as_usual = state.is_applied_at_once() || !undone && state.is_applied();
            if declared.group.is_some() || declared.is_nested() || !as_usual {
                break;
            }
            if undone || lowest.is_none() {
                lowest = Some(below);
            }
            // At a savepoint, the saga may turn forward again.
            if declared.savepoint.is_some() {
                break;
            }
        }
        lowest
    }
}

/// Whether the first attempt of a step, when it is rejected so and nothing was requested, is the end
/// of the way forward.
#[inline]
pub(super) fn fails_at_once(definition: &Definition, step: u16, verdict: Verdict) -> bool {
    let declared = &definition.steps[usize::from(step)];
    !verdict.brings_doubt()
        && declared.child.is_none()
        && declared.retry.is_none()
        && declared.fallback.is_none()
        && definition.place(step) != Place::AfterPivot
}
