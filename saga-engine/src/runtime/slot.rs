//! The slots: how many sagas are active at once, whatever they are woken up by.

use crate::{runtime::held::ActiveRun, store::Filter};
use std::sync::Arc;

impl ActiveRun {
    /// Takes a slot if one is free. Only the task that has the saga at hand does so: a slot that was
    /// taken before could be one for a saga that runs.
    pub(crate) fn take_free_slot(&mut self) {
        self.permit = Arc::clone(&self.inner.slots).try_acquire_owned().ok();
    }

    /// Waits for a slot, after the sagas that wait already, unless it has one. A saga on trial, or with a
    /// request, goes on without. Returns whether there is something to go on with.
    pub(crate) async fn has_slot(&mut self) -> bool {
        if self.permit.is_some() || self.trial.is_some() {
            return true;
        }
        if self.is_elsewhere().await {
            return false;
        }
        tokio::select! {
            biased;
            () = self.shared.wanted() => {}
            slot = Arc::clone(&self.inner.slots).acquire_owned() => self.permit = slot.ok(),
        }
        !self.shared.is_releasing()
    }

    /// Whether the saga is not claimed here, so that it need not wait. If the store does not say so, it
    /// does.
    async fn is_elsewhere(&self) -> bool {
        let rows = self.inner.store.list(Filter::of(self.saga.clone())).await;
        rows.is_ok_and(|rows| rows.iter().all(|row| !self.has(row)))
    }
}
