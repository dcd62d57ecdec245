//! Why a loop rolls back: for the compensations of its items, and for their child sagas.

use super::LoopRun;
use crate::{
    calls::journal::Journal,
    report::{error::Failure, raised::Raised},
    values::{cause::Cause, parent_failure::ParentFailure},
};
use std::sync::Arc;

impl<J: Journal> LoopRun<'_, J> {
    /// Notes why the loop rolls back, when it begins to.
    pub(super) fn note_why(&mut self) {
        if self.state.why.is_some() {
            return;
        }
        let why = match self.kernel.failed() {
            Some(_) => self.run.why(),
            None => self
                .scope
                .link
                .and_then(|link| link.way.why())
                .map(|why| (*why).clone()),
        };
        self.state.why = why.map(Box::new);
    }

    /// Sets the reason for which applied items are undone from now on.
    pub(super) fn give_reason(&mut self) {
        let own = self.kernel.failed().and(self.run.failures.first.take());
        let reason = own.or_else(|| self.reason_of_saga());
        let reason = reason.unwrap_or_else(|| {
            let text = format!("saga `{}` rolls back", self.run.rules.definition.name);
            Failure::whole(Cause::ParentRolledBack(
                ParentFailure::unnamed(&text).into(),
            ))
        });
        self.reason = Some(Arc::new(reason.lend(self.run.rules.plain)));
    }

    /// The failure because of which the saga rolls back, as the saga reports it.
    fn reason_of_saga(&self) -> Option<Failure<Raised>> {
        let why = self.scope.link?.way.why()?;
        let read = self.run.rules.read_error;
        Some(why.failure.map_ref(|written| written.read(read)))
    }
}
