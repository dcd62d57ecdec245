//! The slots: how many sagas are active at once, whatever they are woken up by.

use crate::{
    runtime::held::ActiveRun,
    runtime::inner::{Else, Live},
    store::{Filter, SagaId},
};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

impl ActiveRun {
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
            () = self.shared.wanted() => self.permit = self.inner.live().offered(&self.saga),
            slot = Arc::clone(&self.inner.slots).acquire_owned() => self.permit = slot.ok(),
        }
        !self.shared.is_releasing()
    }

    /// Whether the saga is not claimed here, so that it need not wait. If the store does not say so, it
    /// does.
    async fn is_elsewhere(&self) -> bool {
        let rows = self.inner.store.list(Filter::of(self.saga.clone())).await;
        let own = Some(self.session.epoch);
        rows.is_ok_and(|rows| rows.iter().all(|row| row.claimed != own))
    }
}

impl Live {
    /// The slot that came with another claim of a saga at hand, if its task has not used it yet.
    fn offered(&mut self, saga: &SagaId) -> Option<OwnedSemaphorePermit> {
        match &mut self.at_hand.get_mut(saga)?.then {
            Else::Wanted(slot) => slot.take(),
            Else::Nothing => None,
        }
    }
}
