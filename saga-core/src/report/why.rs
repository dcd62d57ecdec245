//! Why a saga rolls back, as its child sagas and its loops see it.

use crate::{
    definition::Text,
    report::error::Failure,
    values::{cause::Cause, parent_failure::ParentFailure, written::Written},
};

/// Why a saga rolls back: the failure that it reports, as it is recorded. A run and the fold of its
/// records find the same.
#[derive(Clone, Debug)]
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

// Hidden, because users cannot name this type: to them, a failure cannot be cloned.
#[doc(hidden)]
impl Clone for Failure<Written> {
    fn clone(&self) -> Self {
        self.map_ref(Written::copied)
    }
}

impl Failure<Written> {
    /// The failure of a saga whose step of this name and index is the child saga that has failed so.
    pub(crate) fn of_child_at(self, name: &str, step: u16) -> Self {
        let error = |written: Written| Cause::Failed(written.within(step));
        self.within(name, error).of_child()
    }

    /// The failure of a saga whose loop at this step has the item that has failed so.
    pub(crate) fn of_item_at(self, step: u16, index: u32) -> Self {
        let mut failure = self.map(|written| Cause::Failed(written.of_item(step)));
        failure.name_item(index);
        failure
    }
}
