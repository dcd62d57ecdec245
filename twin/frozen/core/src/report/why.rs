//! Why a saga rolls back, as its child sagas and its loops see it.

use crate::{
    definition::Text,
    report::error::Failure,
    values::{cause::Cause, parent_failure::ParentFailure, written::Written},
};

/// Why a saga rolls back: the failure that it reports, as it is recorded. A run and the fold of its
/// records find the same.
#[derive(Debug)]
pub(crate) struct Why {
    /// The name of the saga.
    pub(crate) saga: Text,
    pub(crate) failure: Failure<Written>,
}

impl Why {
    /// The reason of a saga that is itself rolled back by its parent.
    pub(crate) fn of_parent(saga: Text, parent: Box<ParentFailure>) -> Self {
        let failure = Failure::whole(Cause::ParentRolledBack(parent));
        Self { saga, failure }
    }

    /// The reason of `saga`, whose step of this name and index has failed for this reason: it is the
    /// child saga of the step.
    pub(crate) fn of_step(self, saga: Text, name: &str, step: u16) -> Self {
        let error = |written: Written| Cause::Failed(written.within(step));
        let failure = self.failure.within(name, error).of_child();
        Self { saga, failure }
    }

    /// The reason of `saga`, whose loop at this step has failed for the reason of this item.
    pub(crate) fn of_item(self, saga: Text, step: u16, index: u32) -> Self {
        let error = |written: &Written| Cause::Failed(written.clone().of_item(step));
        let mut failure = self.failure.map_ref(error);
        failure.name_item(index);
        Self { saga, failure }
    }

    /// The reason as a child saga sees it.
    pub(crate) fn for_child(&self) -> ParentFailure {
        let failure = &self.failure;
        if let Cause::ParentRolledBack(parent) = failure.cause() {
            return (**parent).clone();
        }
        ParentFailure {
            saga: self.saga.clone(),
            step: failure.step.clone(),
            text: failure.cause().to_string(),
            verdict: failure.verdict(),
        }
    }
}

impl Clone for Why {
    fn clone(&self) -> Self {
        Self {
            saga: self.saga.clone(),
            failure: self.failure.copy(),
        }
    }
}

impl Failure<Written> {
    pub(crate) fn copy(&self) -> Self {
        self.map_ref(|written| Cause::Failed(written.clone()))
    }
}
