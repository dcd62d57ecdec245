//! What a run does about a rerun over something that remains: see `kernel/rerun.rs`.

use super::run_state::RunState;
use crate::{
    basics::discard::quietly,
    calls::{journal::Journal, perform::Scope},
    kernel::{Command, Event},
    report::raised::Lent,
};

impl RunState {
    /// Whether the savepoint's `if` is true of the failure that is reported, whatever has failed.
    pub(super) fn turns(&mut self, step: u16) -> bool {
        let conditional = self.rules.definition.steps[usize::from(step)]
            .savepoint
            .as_ref()
            .is_some_and(|savepoint| savepoint.conditional);
        if !conditional || self.failures.first.is_none() {
            return true;
        }
        let lent = self.failures.lend(self.rules.plain);
        let turns = |failure: &Lent| quietly(|| (self.rules.turns)(step, failure.read()));
        let turns = lent.as_ref().and_then(turns).unwrap_or(false);
        self.failures.give_back(lent);
        turns
    }

    /// Goes past a compensation that is skipped, or past a rerun that is refused.
    pub(super) fn pass<J: Journal>(&mut self, scope: &Scope<'_, J>, command: Command) {
        match command {
            Command::Keep { step } => self.apply_caused(scope, Event::Kept { step }, None),
            Command::Refuse { step } => self.refuse(scope, step),
            _ => {}
        }
    }

    /// A rerun would repeat the effect of a step that remains.
    pub(super) fn refuse<J: Journal>(&mut self, scope: &Scope<'_, J>, step: u16) {
        self.apply_caused(scope, self.kernel.refusal(step), None);
        self.tell_refused(step);
    }
}
