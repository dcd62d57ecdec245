//! Why a recorded saga rolls back, for the runs that are part of it.

use super::{LoopHistory, RunHistory, Said, cause::cause};
use crate::{
    definition::Text,
    kernel::{Event, FailureKind},
    report::{error::Failure, why::Why},
    values::{cause::Cause, node::Node, written::Written},
};

impl<T: Copy> RunHistory<T> {
    /// Why the run rolls back, if it does.
    pub(crate) fn why(&self) -> Option<Why> {
        self.failures
            .why(self.name(), self.failing.as_ref(), Written::copied)
    }

    pub(super) fn name(&self) -> &Text {
        &self.kernel.definition().name
    }

    /// An event was applied: it may say that a part of the run has failed for good, or end the part
    /// that has (`failing`).
    pub(super) fn note_failing(&mut self, event: Event, failing: bool, said: Said<'_>) {
        if let Event::Failing { step, .. } = event {
            self.failing = self.failure_of_part(step, said);
        } else if failing
            && event
                .step()
                .is_some_and(|step| !self.kernel.is_failing(step))
        {
            self.failing = None;
        }
    }

    fn failure_of_part(&self, step: u16, said: Said<'_>) -> Option<Failure<Written>> {
        if let Some(looped) = self.looped(step) {
            return Some(looped.why(self.name())?.failure);
        }
        let name = &self.kernel.definition().steps[usize::from(step)].name;
        let why = self.nested(Node::child(step))?.run.why()?;
        Some(of_child(why.failure, name, said))
    }
}

/// The failure of a child saga, as its parent reports it. The error is recorded as one of the
/// parent, too, in the parent's own record.
pub(super) fn of_child(failure: Failure<Written>, step: &str, said: Said<'_>) -> Failure<Written> {
    let error = |own: Written| match cause(FailureKind::Error, said) {
        // A call of the child had borrowed its failure when the parent recorded that it fails.
        Cause::Recorded { .. } if said.error.is_none() => Cause::Recorded { text: own.text },
        cause => cause,
    };
    failure.within(step, error).of_child()
}

impl<T: Copy> LoopHistory<T> {
    /// Why the loop rolls back on its own account: because of an item that has failed and still undoes
    /// itself, or for the first failure of an item. `saga` is the name of the saga.
    pub(super) fn why(&self, saga: &Text) -> Option<Why> {
        let failing = self.now().find_map(|(index, item)| {
            let failing = item.failing.clone()?;
            Some(failing.of_item_at(self.step, index))
        });
        self.failures.why(saga, failing.as_ref(), Written::copied)
    }
}
