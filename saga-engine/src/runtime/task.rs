//! Starts the tasks of sagas: of one that is submitted, and of one that is recorded; and finds the
//! definition under which its records are read.

#[cfg(test)]
mod tests;

use crate::{
    error::Unreadable,
    runtime::held::ActiveRun,
    runtime::inner::{ActiveSaga, Else, Inner, SubmitStatus},
    runtime::journal::Shared,
    runtime::lease::Session,
    runtime::life::Start,
    runtime::reading::Continuation,
    runtime::recorded::{Recorded, Version},
    runtime::run::AnySaga,
    store::{Filter, Mark, NewSaga, Row, SagaId, StoreError, Stored, Unfit},
};
use std::{any::Any, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    task::AbortHandle,
    time::sleep,
};
use typed_saga_core::{
    Definition,
    run::{Control, shortened},
};

/// A saga that is submitted, and has a slot.
pub(crate) struct Submitted {
    pub(crate) saga: Box<dyn Any + Send>,
    pub(crate) new: NewSaga,
    pub(crate) start: Start,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Why a saga that was submitted has not begun.
pub(crate) enum NotBegun {
    /// It is at hand already, or the engine stops.
    AtHand(Box<Submitted>),
    Unfit(Unreadable),
}

impl Inner {
    /// Begins a saga in a task of its own.
    pub(crate) fn begin(
        self: &Arc<Self>,
        entry: &dyn AnySaga,
        submitted: Submitted,
    ) -> Result<watch::Receiver<SubmitStatus>, NotBegun> {
        let id = submitted.new.saga.clone();
        let free = self.hold(&id, entry.definition(), SubmitStatus::NotYet, Else::Nothing);
        let Some((mut held, begun)) = free else {
            return Err(NotBegun::AtHand(Box::new(submitted)));
        };
        let Submitted {
            saga,
            new,
            start,
            permit,
        } = submitted;
        held.permit = Some(permit);
        let given = held.given();
        let mut life = held.life(&given, 0);
        let begins = life.begin(entry, saga, start, given);
        begins.map_err(NotBegun::Unfit)?;
        let shared = Arc::clone(&held.shared);
        // In a box, because tokio would move it several times.
        let task = self.tasks.spawn(Box::pin(async move {
            held.live(life, Some(new)).await;
        }));
        self.at_work(&id, &shared, task.abort_handle());
        Ok(begun)
    }

    /// Resumes a saga in a task of its own, after `wait`, unless the engine stops; if the saga is
    /// at hand already, once it is released. It is at hand while it waits for a slot. A request of an
    /// operator does not wait: with it, the saga runs without one.
    pub(crate) fn take_up(self: &Arc<Self>, saga: &SagaId, wait: Duration) {
        self.begin_task(saga, wait, None);
    }

    /// Resumes a saga that workers have died with. No other is tried until `trial` is released.
    pub(crate) fn try_suspect(self: &Arc<Self>, saga: &SagaId, trial: OwnedSemaphorePermit) {
        self.begin_task(saga, Duration::ZERO, Some(trial));
    }

    fn begin_task(
        self: &Arc<Self>,
        saga: &SagaId,
        wait: Duration,
        trial: Option<OwnedSemaphorePermit>,
    ) {
        let Some(entry) = self.entries.get(&saga.saga).cloned() else {
            let (inner, saga) = (Arc::clone(self), saga.clone());
            let unknown = Arc::new(Unreadable::Unknown);
            self.tasks
                .spawn(async move { inner.give_up(&saga, unknown).await });
            return;
        };
        let Some(mut held) = self.hold_only(saga, entry.definition(), Else::Wanted) else {
            return;
        };
        held.take_free_slot();
        held.trial = trial;
        let shared = Arc::clone(&held.shared);
        let task = self.tasks.spawn(Box::pin(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            if held.has_slot().await {
                held.recover(&*entry).await;
            }
        }));
        self.at_work(saga, &shared, task.abort_handle());
    }

    /// Marks a saga as at hand, without a task: no other task resumes it while the returned guard
    /// exists.
    pub(crate) fn hold_only(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
        or: Else,
    ) -> Option<ActiveRun> {
        self.hold(saga, definition, SubmitStatus::Yes, or)
            .map(|(held, _)| held)
    }

    /// Adds a saga to those at hand, unless it is there already, or the engine stops.
    fn hold(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
        begun: SubmitStatus,
        or: Else,
    ) -> Option<(ActiveRun, watch::Receiver<SubmitStatus>)> {
        let session = self.current()?;
        let mut live = self.live();
        if live.stopping {
            return None;
        }
        if let Some(at_hand) = live.at_hand.get_mut(saga) {
            // Set under the same lock as the look-up: the task that releases the saga checks this.
            if or == Else::Wanted {
                at_hand.then = or;
            }
            return None;
        }
        let control = Arc::new(Control::default());
        let shared = Arc::new(Shared::new(
            definition,
            self.settings.effect_limit,
            self.clock.clone(),
            session.lease.clone(),
        ));
        let (sender, receiver) = watch::channel(begun);
        let at_hand = ActiveSaga {
            control: Arc::clone(&control),
            shared: Arc::clone(&shared),
            begun: receiver.clone(),
            task: None,
            then: Else::Nothing,
        };
        live.at_hand.insert(saga.clone(), at_hand);
        let held = ActiveRun {
            inner: Arc::clone(self),
            saga: saga.clone(),
            session,
            control,
            shared,
            begun: Some(sender),
            permit: None,
            trial: None,
        };
        Some((held, receiver))
    }

    /// Stores the task of a saga at hand, unless the task has ended by now: another task may have
    /// the saga since then.
    fn at_work(&self, saga: &SagaId, shared: &Arc<Shared>, task: AbortHandle) {
        let mut live = self.live();
        if live.stopped {
            task.abort();
        } else if let Some(at_hand) = live.at_hand.get_mut(saga) {
            if Arc::ptr_eq(&at_hand.shared, shared) {
                at_hand.task = Some(task);
            }
        }
    }

    /// Lists a saga as unreadable, and notifies the callers that wait for it.
    pub(crate) fn unreadable(&self, saga: &SagaId, why: Arc<Unreadable>) {
        let mut live = self.live();
        live.unreadable.insert(saga.clone(), Arc::clone(&why));
        let tell = live.tell(saga);
        drop(live);
        if let Some(tell) = tell {
            let saga = saga.clone();
            tell.told
                .send_replace(Some(Err(crate::EngineError::Unreadable { saga, why })));
        }
    }

    /// Lists a saga as unreadable, and releases it if it is claimed: another version may run it.
    pub(crate) async fn give_up(&self, saga: &SagaId, why: Arc<Unreadable>) {
        self.unreadable(saga, Arc::clone(&why));
        let Some(session) = self.current() else {
            return;
        };
        match self.row(saga).await {
            Ok(Some(row)) => self.release_as_unfit(&session, &row, &why).await,
            Err(StoreError::Unavailable { .. }) => self.reconcile_soon(Some(saga)),
            Ok(None) | Err(_) => {}
        }
    }

    /// The row of a saga, whose journal may be damaged.
    pub(crate) async fn row(&self, saga: &SagaId) -> Result<Option<Row>, StoreError> {
        match self.store.load(saga.clone()).await {
            Err(StoreError::Corrupt { .. }) => {
                let rows = self.store.list(Filter::of(saga.clone())).await;
                rows.map(|mut rows| rows.pop())
            }
            stored => stored.map(|stored| stored.map(|stored| stored.row)),
        }
    }

    /// Releases a saga that is listed as unreadable, if it is claimed, so that no worker of this
    /// version tries it again by itself; its row has the reason. If the store is unavailable, this
    /// is repeated later, because another version may be waiting for the saga.
    pub(crate) async fn release_as_unfit(&self, session: &Session, row: &Row, why: &Unreadable) {
        if row.claimed == Some(session.epoch) {
            let entry = self.entries.get(&row.saga.saga);
            let unfit = Mark::Unfit(Unfit {
                fingerprint: entry.map_or(0, |entry| entry.fingerprint()),
                why: shortened(why.to_string()).into(),
            });
            let (epoch, saga) = (session.epoch, row.saga.clone());
            let release = self.store.release(epoch, saga, row.due, unfit).await;
            if let Err(StoreError::Unavailable { .. }) = release {
                self.reconcile_soon(Some(&row.saga));
            }
        }
    }

    /// Gives up a claim that no task here needs any more: a saga that is due is resumed, any other
    /// is released. If the store does not answer, this is repeated later.
    pub(crate) async fn settle(self: &Arc<Self>, saga: &SagaId) {
        let Some(session) = self.current() else {
            return;
        };
        let entry = self.entries.get(&saga.saga);
        // While it is held, no task resumes it under the claim that is being given up.
        let held = entry.map(|entry| self.hold_only(saga, entry.definition(), Else::Wanted));
        if let Some(None) = held {
            return;
        }
        let row = match self.row(saga).await {
            Err(StoreError::Unavailable { .. }) => return self.reconcile_soon(Some(saga)),
            row => row.unwrap_or(None),
        };
        let Some(row) = row.filter(|row| row.claimed == Some(session.epoch)) else {
            return;
        };
        if row.is_at_rest() {
            // It was listed for a request that could not be checked. Nothing is left to read.
            drop(self.live().unreadable.remove(saga));
        }
        let listed = self.live().unreadable.get(saga).cloned();
        if let Some(why) = listed {
            self.release_as_unfit(&session, &row, &why).await;
        } else if entry.is_none() && !row.is_at_rest() {
            self.give_up(saga, Arc::new(Unreadable::Unknown)).await;
        } else if row.due.is_some_and(|due| self.clock.is_due(due)) {
            drop(held);
            self.take_up(saga, Duration::ZERO);
        } else {
            let release = self
                .store
                .release(session.epoch, row.saga, row.due, Mark::Kept);
            match (release.await, row.due) {
                (Err(StoreError::Unavailable { .. }), _) => self.reconcile_soon(Some(saga)),
                // If the claim has ended, the worker that has the saga since then settles it.
                (_, Some(due)) => self.due(due),
                (_, None) => {}
            }
        }
    }

    /// The saga as its records are read. In a box, since the futures of users contain this one.
    pub(crate) async fn reading(
        &self,
        entry: &dyn AnySaga,
        stored: &Stored,
    ) -> Result<Result<Box<Continuation>, Unreadable>, StoreError> {
        let reading = Box::pin(self.read_saga(entry, stored)).await?;
        Ok(reading.map(Box::new))
    }

    async fn read_saga(
        &self,
        entry: &dyn AnySaga,
        stored: &Stored,
    ) -> Result<Result<Continuation, Unreadable>, StoreError> {
        let version = Version::from(entry);
        let recorded = Recorded::found(&*self.store, Some(version), stored, &self.definitions);
        let recorded = match recorded.await? {
            Ok(recorded) => recorded,
            Err(why) => return Ok(Err(why)),
        };
        let row = &stored.row;
        Ok(Continuation::of(version, (&recorded, row), self.now()))
    }
}
