//! The operators' view of a saga from its tape, and their actions on it while none of its calls
//! runs.

use super::{
    Solo,
    tape::{Tape, Written},
};
use crate::{
    clock::system_time,
    error::EngineError,
    journal::action::{Action, Attribution},
    journal::plan::Plan,
    journal::why::{Runner, why},
    people::planned::{PlannedCommit, planned},
    runtime::engine::EFFECT_LIMIT,
    runtime::reading::Redefined,
    store::Commit,
};
use typed_saga_core::Durable;

impl<S: Durable> Solo<S> {
    /// The plan of an action: the steps that would run, in order, if every call succeeded. Changes
    /// nothing.
    ///
    /// # Errors
    /// As [`act`](Self::act) would return.
    pub fn plan(&self, tape: &Tape, action: &Action) -> Result<Plan, EngineError> {
        Ok(self.planned(tape, action)?.0)
    }

    /// The commit that an action makes, while nothing of the saga runs; the saga then continues
    /// with it. `None` if the action makes no commit. To cancel, [ask](super::SoloRun::cancel) the
    /// run; the owner of the log delivers events.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it does not fit the saga's current state,
    /// [`EngineError::NoStep`], [`EngineError::NoEffect`], [`EngineError::Unreadable`].
    pub fn act(
        &self,
        tape: &Tape,
        action: &Action,
        who: Attribution,
    ) -> Result<Option<Written>, EngineError> {
        let (_, deed) = self.planned(tape, action)?;
        Ok(deed.map(|deed| {
            let commit = Commit {
                seq: tape.stored().row.commits,
                at: system_time(),
                records: deed.records(who),
            };
            let definition = deed.redefined.as_ref().map(Redefined::json);
            Written::of(commit, Some(deed.change), None, definition)
        }))
    }

    /// One sentence about what the saga is doing, or why it does not move.
    ///
    /// # Errors
    /// [`EngineError::Unreadable`].
    pub fn why(&self, tape: &Tape) -> Result<String, EngineError> {
        let stored = tape.stored();
        let recorded = self.recorded(tape, None);
        let folded = recorded.and_then(|recorded| recorded.folded());
        let folded = folded.map_err(Self::unreadable(&stored.row.saga))?;
        let (now, runner) = (system_time(), Runner::AtHand);
        Ok(why(&stored.row, Ok(&folded), now, runner, false))
    }

    fn planned(
        &self,
        tape: &Tape,
        action: &Action,
    ) -> Result<(Plan, Option<PlannedCommit>), EngineError> {
        let (stored, entry) = (tape.stored(), &*self.entry);
        let reading = self.reading(tape);
        let reading = reading.map_err(Self::unreadable(&stored.row.saga))?;
        planned(
            entry,
            reading,
            stored,
            action,
            (system_time(), EFFECT_LIMIT),
        )
    }
}
