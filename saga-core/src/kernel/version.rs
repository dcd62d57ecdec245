//! The kernel of a saga that continues under another version of its definition: what the old
//! version decided is history, and what the new one allows holds from here on.
//!
//! From the first commit that it makes, the new version counts alone. What the compiler proves of a
//! version, such as that no lock is taken again after a rollback to a savepoint, would be false if
//! the saga kept the savepoints and counts of the old one. States are carried over by the names of
//! the steps.

use super::{
    api::Kernel,
    command::{Command, End},
    phase::Direction,
    state::{Flag, SagaState, StepPhase, StepState},
    view::View,
};
use crate::definition::{DefinitionRef, Places};
use crate::values::call::CallKind;

impl Kernel {
    /// The same saga from here on under `new`. The states of the steps are those at the `places` of
    /// the steps in `new`.
    ///
    /// A call that was to be tried again is tried once more, even if `new` declares a lower count. A
    /// savepoint that `new` adds does not end the rollback that is in progress, and a higher count does
    /// not reopen one that is complete.
    pub(crate) fn under(&self, new: DefinitionRef, places: &Places) -> Kernel {
        let mut kernel = Kernel::new(new, self.is_durable());
        let back = self.direction() == Direction::Compensating;
        let over = self.next() == Command::End(End::Compensated);
        for was in self.view().steps() {
            if let Some(is) = places.now(was) {
                kernel.states[usize::from(is)] = self.continued(was, kernel.view(), is);
            }
        }
        for is in kernel.view().steps().filter(|_| back) {
            let was_it = |was| places.now(was) == Some(is);
            let had = |was| was_it(was) && self.view().step(was).savepoint.is_some();
            let had = self.view().steps().any(had);
            if !had && kernel.view().step(is).savepoint.is_some() {
                kernel.states[usize::from(is)].set(Flag::TurnDeclined);
            }
        }
        let definition = kernel.definition().clone();
        kernel.saga = SagaState {
            cursor: match places.now(self.saga.cursor) {
                _ if !back => kernel.view().first_open(),
                Some(cursor) => cursor,
                None => places.before(self.saga.cursor),
            },
            below: match self.saga.below {
                u16::MAX => u16::MAX,
                below => places.before(below),
            },
            entered: self.entered(&definition, places),
            first_failed: self.saga.first_failed.and_then(|was| places.now(was)),
            definition,
            ..self.saga.clone()
        };
        for is in kernel.view().steps().filter(|_| over) {
            if kernel.view().may_turn_at(is) {
                kernel.states[usize::from(is)].set(Flag::TurnDeclined);
            }
        }
        kernel.due = kernel.view().due();
        kernel
    }

    /// The state of a step in the new version, where it is the step `is`.
    fn continued(&self, was: u16, new: View<'_>, is: u16) -> StepState {
        let (old, mut state) = (self.view(), *self.view().state(was));
        // An attempt that runs is counted already, and is not if it is lost.
        let runs = state.at == StepPhase::Calling(CallKind::Action);
        for (call, done) in [
            (CallKind::Action, state.attempts - u32::from(runs)),
            (CallKind::Resolve, state.resolve_failures),
            (CallKind::Compensate, state.undo_failures),
        ] {
            let open = old.leaves(was, &state, call, done) || state.once_more(call);
            let used_up = !new.leaves(is, &state, call, done);
            let Some(once_more) = Flag::once_more(call) else {
                continue;
            };
            if open && used_up {
                state.set(once_more);
            } else {
                state.clear(once_more);
            }
        }
        state
    }

    /// [`SagaState::entered`] in the new version.
    fn entered(&self, new: &DefinitionRef, places: &Places) -> u16 {
        let block = self.saga.entered.checked_sub(1);
        let first = block.and_then(|block| self.view().block(block).next());
        let first = first.and_then(|first| places.now(first));
        let block = first.and_then(|first| new.steps[usize::from(first)].condition);
        block.map_or(0, |block| block + 1)
    }
}

impl Flag {
    /// The flag that this call is made once more.
    pub(super) const fn once_more(call: CallKind) -> Option<Self> {
        match call {
            CallKind::Action => Some(Self::ActOnceMore),
            CallKind::Resolve => Some(Self::ResolveOnceMore),
            CallKind::Compensate => Some(Self::CompensateOnceMore),
            CallKind::When | CallKind::Fallback => None,
        }
    }
}

impl StepState {
    /// Whether this call may be made although its count is used up.
    pub(super) fn once_more(&self, call: CallKind) -> bool {
        Flag::once_more(call).is_some_and(|once_more| self.has(once_more))
    }
}

impl View<'_> {
    /// The first step of the first unit that has not committed.
    fn first_open(self) -> u16 {
        let mut first = 0;
        while self.steps().contains(&first) {
            let mut unit = self.saga.definition.unit_of(first);
            let end = unit.end;
            if !unit.all(|step| self.state(step).is_committed()) {
                break;
            }
            first = end;
        }
        first
    }
}
