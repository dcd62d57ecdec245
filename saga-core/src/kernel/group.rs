//! A whole block in one go, beside the events of its steps.

use super::{
    api::Kernel,
    command::{Command, Lane},
    fast_path::FastPath,
    state::{StepPhase, StepState},
    view::View,
};
use crate::values::call::CallKind;

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// Whether a block is at hand of which nothing has happened yet, and whose steps wait for nobody:
    /// each is to be attempted, whatever becomes of the others until one of them fails.
    #[inline]
    pub fn attempts_group(&self) -> bool {
        match self.fast {
            FastPath::Block { end, .. } => self.view().attempts_group(end),
            _ => false,
        }
    }

    /// Takes into account, in one go, that all steps of such a block were applied, each at its first
    /// attempt. It is what `Attempting` and `Applied` of each say one by one.
    ///
    /// # Panics
    ///
    /// If no block is at hand.
    pub fn apply_group(&mut self) {
        let FastPath::Block { end, .. } = self.fast else {
            unreachable!("a block is at hand");
        };
        for state in &mut self.states.as_mut()[usize::from(self.saga.cursor)..usize::from(end)] {
            state.attempted();
            state.at = StepPhase::Applied;
        }
        self.saga.cursor = end;
        self.fast = FastPath::of(self.view());
    }
}

impl View<'_> {
    fn attempts_group(&self, end: u16) -> bool {
        let mut steps = self.saga.cursor..end;
        steps.all(|step| {
            let awaits_nobody = self.step(step).awaits.is_empty();
            let new = self.state(step).at == StepPhase::Pending;
            new && awaits_nobody
                && self.start(step) == Lane::Run(Command::call(step, CallKind::Action))
        })
    }
}
