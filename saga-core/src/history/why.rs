//! Why a recorded saga rolls back, for the runs that are part of it.

use super::{LoopHistory, RunHistory, Said, cause::cause};
use crate::{
    definition::Text,
    kernel::{Event, FailureKind},
    report::{error::Failure, why::Why},
    values::{cause::Cause, node::Node, written::Written},
};

impl<T: Copy> RunHistory<T> {
    /// Why the run rolls back, if it does: because of a part that has failed and still undoes
    /// itself, or for the failure that it reports.
    pub(crate) fn why(&self) -> Option<Why> {
        let saga = self.name();
        let failure = self.failing.as_ref().or(self.failures.first.as_ref());
        if let Some(failure) = failure.map(Failure::copy) {
            return Some(Why { saga, failure });
        }
        let parent = self.failures.parent.clone();
        parent.map(|parent| Why::of_parent(saga, parent))
    }

    pub(super) fn name(&self) -> Text {
        self.kernel.definition().name.clone()
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
            return looped.failure();
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
        Cause::Failed(written) => Cause::Failed(written),
        // Earlier versions did not record the failure of a child saga that undoes itself.
        _ if said.error.is_none() => Cause::Recorded { text: own.text },
        cause => cause,
    };
    failure.within(step, error).of_child()
}

impl<T: Copy> LoopHistory<T> {
    /// The failure for which the loop rolls back on its own account: that of an item that has failed
    /// and still undoes itself, or the first failure of an item.
    fn failure(&self) -> Option<Failure<Written>> {
        let mut now = self.now();
        let failing = now.find_map(|(index, item)| Some((index, item.failing.as_ref()?)));
        let Some((index, failing)) = failing else {
            return self.failures.first.as_ref().map(Failure::copy);
        };
        let mut failing = failing.copy();
        failing.name_item(index);
        Some(failing)
    }

    /// Why the loop rolls back on its own account. `saga` is the name of the saga.
    pub(super) fn why(&self, saga: Text) -> Option<Why> {
        let failure = self.failure()?;
        Some(Why { saga, failure })
    }
}
