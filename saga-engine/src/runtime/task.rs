//! Starts the tasks of sagas: of one that is submitted, and of one that is recorded; and finds the
//! definition under which its records are read.

#[cfg(test)]
mod tests;

use crate::{
    error::Unreadable,
    runtime::held::ActiveRun,
    runtime::inner::{ActiveSaga, Else, Inner, SubmitStatus},
    runtime::journal::Shared,
    runtime::life::Start,
    runtime::reading::Continuation,
    runtime::recorded::{Recorded, Version},
    runtime::run::AnySaga,
    store::{Filter, Mark, NewSaga, Row, SagaId, StoreError, Stored, Take, Time, Turn, Unfit},
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

impl ActiveRun {
    /// Releases a saga that is listed as unreadable, so that no worker of this version tries it again by
    /// itself; its row has the reason.
    pub(crate) async fn release_as_unfit(&self, row: &Row, why: &Unreadable) {
        let entry = self.inner.entries.get(&self.saga.saga);
        let unfit = Mark::Unfit(Unfit {
            fingerprint: entry.map_or(0, |entry| entry.fingerprint()),
            why: shortened(why.to_string()).into(),
        });
        drop(self.release(row.due, unfit).await);
    }

    /// Releases the saga without a commit. If the store does not answer, its claim is settled later.
    pub(crate) async fn release(&self, due: Option<Time>, mark: Mark) -> Result<(), StoreError> {
        let (epoch, hold) = (self.session.epoch, self.hold());
        let released = self.inner.store.release(epoch, hold, due, mark, Vec::new());
        released.await.inspect_err(|error| {
            if let StoreError::Unavailable { .. } = error {
                self.inner.reconcile_soon(Some(&self.saga));
            }
        })
    }
}

impl Inner {
    /// Begins a saga in a task of its own.
    pub(crate) fn begin(
        self: &Arc<Self>,
        entry: &dyn AnySaga,
        submitted: Submitted,
    ) -> Result<watch::Receiver<SubmitStatus>, NotBegun> {
        let id = submitted.new.saga.clone();
        let (turn, not_yet) = (Turn::random(), SubmitStatus::NotYet);
        let free = self.hold((&id, turn), entry.definition(), not_yet, Else::Nothing);
        let Some((mut held, begun)) = free else {
            return Err(NotBegun::AtHand(Box::new(submitted)));
        };
        let Submitted {
            saga,
            mut new,
            start,
            permit,
        } = submitted;
        held.permit = Some(permit);
        new.life = self.live().life;
        held.shared.lives(new.life);
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

    /// Resumes a saga that is claimed by this turn in a task of its own, after `wait`, unless the engine
    /// stops; if the saga is at hand already, once it is released. It is at hand while it waits for a
    /// slot. A request of an operator does not wait: with it, the saga runs without one. `trial`: workers
    /// have died with it, and no other such saga is tried until that is released.
    pub(crate) fn take_up(
        self: &Arc<Self>,
        (saga, turn): (&SagaId, Turn),
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
        let (definition, yes) = (entry.definition(), SubmitStatus::Yes);
        if let Some((mut held, _)) = self.hold((saga, turn), definition, yes, Else::Wanted) {
            held.trial = trial;
            self.resume(held, entry, wait);
        }
    }

    /// Resumes a saga that was claimed for this hold.
    pub(crate) fn resume(
        self: &Arc<Self>,
        mut held: ActiveRun,
        entry: Arc<dyn AnySaga>,
        wait: Duration,
    ) {
        held.take_free_slot();
        let (saga, shared) = (held.saga.clone(), Arc::clone(&held.shared));
        let task = self.tasks.spawn(Box::pin(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            if held.has_slot().await {
                held.recover(&*entry).await;
            }
        }));
        self.at_work(&saga, &shared, task.abort_handle());
    }

    /// Marks a saga as at hand, without a task: no other task resumes it while the returned guard
    /// exists, for which it may be claimed.
    pub(crate) fn hold_only(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
        or: Else,
    ) -> Option<ActiveRun> {
        let (turn, yes) = (Turn::random(), SubmitStatus::Yes);
        self.hold((saga, turn), definition, yes, or)
            .map(|(held, _)| held)
    }

    /// Adds a saga to those at hand, unless it is there already, or the engine stops.
    fn hold(
        self: &Arc<Self>,
        (saga, turn): (&SagaId, Turn),
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
            turn,
            task: None,
            then: Else::Nothing,
        };
        live.at_hand.insert(saga.clone(), at_hand);
        let held = ActiveRun {
            inner: Arc::clone(self),
            saga: saga.clone(),
            session,
            turn,
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
    pub(crate) async fn give_up(self: &Arc<Self>, saga: &SagaId, why: Arc<Unreadable>) {
        self.unreadable(saga, Arc::clone(&why));
        if let Some(held) = self.hold_to_settle(saga) {
            if let Some(row) = self.adopted(&held).await {
                held.release_as_unfit(&row, &why).await;
            }
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

    /// Claims a saga that exists for this hold: one that nobody has claimed, or that this engine has by a
    /// claim without a task, which may be one whose end is unknown. A write of that claim comes before this
    /// one, or is refused.
    pub(crate) async fn claim_for(&self, held: &ActiveRun) -> Result<Take, StoreError> {
        let rows = self.store.list(Filter::of(held.saga.clone())).await;
        // What the run that was released had is claimed still.
        let rows = rows.inspect_err(|_| self.reconcile_soon(Some(&held.saga)))?;
        let Some(row) = rows.first() else {
            return Ok(Take::Missing);
        };
        let own = row.claimed == Some(held.session.epoch);
        self.claim_from(held, row.turn.filter(|_| own)).await
    }

    async fn claim_from(&self, held: &ActiveRun, from: Option<Turn>) -> Result<Take, StoreError> {
        let (epoch, saga) = (held.session.epoch, held.saga.clone());
        let taken = self.store.claim_one(epoch, held.turn, saga, from).await;
        // It may have taken effect.
        taken.inspect_err(|_| self.reconcile_soon(Some(&held.saga)))
    }

    /// Settles a claim that no task here may have: a saga that is due is resumed, any other is released.
    /// What the row says is not enough, since a write of that claim may be on its way: it is claimed anew
    /// first. If the store does not answer, this is repeated later.
    pub(crate) async fn settle(self: &Arc<Self>, saga: &SagaId) {
        // While it is held, no task resumes it under the claim that is being settled.
        if let Some(held) = self.hold_to_settle(saga) {
            self.settle_held(held).await;
        }
    }

    /// As [`settle`](Self::settle), in a task of its own; the saga is at hand from now on.
    pub(crate) fn settle_again(self: &Arc<Self>, saga: &SagaId) {
        if let Some(held) = self.hold_to_settle(saga) {
            let inner = Arc::clone(self);
            self.tasks
                .spawn(async move { inner.settle_held(held).await });
        }
    }

    fn hold_to_settle(self: &Arc<Self>, saga: &SagaId) -> Option<ActiveRun> {
        let entry = self.entries.get(&saga.saga);
        let definition = entry.map_or(&Definition::EMPTY, |entry| entry.definition());
        self.hold_only(saga, definition, Else::Wanted)
    }

    /// Claims anew what a claim of this engine has, and returns its row; `None` if there is none.
    async fn adopted(&self, held: &ActiveRun) -> Option<Row> {
        let row = match self.row(&held.saga).await {
            Err(StoreError::Unavailable { .. }) => {
                self.reconcile_soon(Some(&held.saga));
                None
            }
            row => row.unwrap_or(None),
        };
        let row = row.filter(|row| row.claimed == Some(held.session.epoch))?;
        let taken = self.claim_from(held, row.turn).await;
        matches!(taken, Ok(Take::Mine)).then_some(row)
    }

    async fn settle_held(self: &Arc<Self>, held: ActiveRun) {
        let Some(row) = self.adopted(&held).await else {
            return;
        };
        let saga = &held.saga.clone();
        let entry = self.entries.get(&saga.saga).cloned();
        if row.is_at_rest() {
            // It was listed for a request that could not be checked. Nothing is left to read.
            drop(self.live().unreadable.remove(saga));
        }
        let listed = self.live().unreadable.get(saga).cloned();
        match (listed, entry) {
            (Some(why), _) => held.release_as_unfit(&row, &why).await,
            (None, None) if !row.is_at_rest() => {
                let unknown = Arc::new(Unreadable::Unknown);
                self.unreadable(saga, Arc::clone(&unknown));
                held.release_as_unfit(&row, &unknown).await;
            }
            (None, Some(entry)) if row.due.is_some_and(|due| self.clock.is_due(due)) => {
                self.resume(held, entry, Duration::ZERO);
            }
            (None, _) => {
                let takes_locks = held.shared.definition().takes_locks();
                let released = held.release(row.due, Mark::Kept).await;
                drop(held);
                if let (Ok(()), Some(due)) = (released, row.due) {
                    self.due(due);
                    if takes_locks {
                        // It may have been granted the keys that it waits for meanwhile.
                        self.wake.notify_one();
                    }
                }
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
