//! A saga at hand, as its task has it: the work of that task.

use crate::{
    error::Unreadable,
    journal::record,
    runtime::driver::{Driver, Exit},
    runtime::end::RunEnd,
    runtime::inner::{Else, Inner, Reported, SubmitStatus},
    runtime::journal::Shared,
    runtime::lease::Session,
    runtime::life::{Life, Start, TakenUp},
    runtime::resumed::RunContext,
    runtime::run::AnySaga,
    store::{
        Hold, LockFilter, LockKey, LockState, NewSaga, Row, SagaId, State, StoreError, Stored,
        TAKEOVERS, Turn, are_granted,
    },
};
use std::{future::poll_fn, sync::Arc, thread, time::Duration};
use tokio::{
    runtime,
    sync::{OwnedSemaphorePermit, watch},
};
use typed_saga_core::run::{Control, discard};

/// A saga at hand, as its task has it.
pub(crate) struct ActiveRun {
    pub(crate) inner: Arc<Inner>,
    pub(crate) saga: SagaId,
    /// The session under which the saga is claimed, …
    pub(crate) session: Session,
    /// … or to be claimed, by this turn.
    pub(crate) turn: Turn,
    pub(crate) control: Arc<Control>,
    pub(crate) shared: Arc<Shared>,
    /// Notified whether the saga is recorded; dropped with the task.
    pub(crate) begun: Option<watch::Sender<SubmitStatus>>,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    /// Held while the saga is on trial, because workers have died with it.
    pub(crate) trial: Option<OwnedSemaphorePermit>,
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        // Released before looking for sagas that wait for the slot.
        drop(self.permit.take());
        self.end_trial();
        let mut live = self.inner.live();
        let was = live.at_hand.remove(&self.saga);
        let backlog = live.backlog;
        drop(live);
        drop(self.begun.take());
        self.inner.ended.notify_waiters();
        if backlog {
            self.inner.wake.notify_one();
        }
        // A task that panics in a `drop` of the user is treated like a process that ends: the saga
        // is read again.
        if thread::panicking() {
            return self.inner.reconcile_soon(Some(&self.saga));
        }
        // A runtime that is shutting down resumes nothing.
        let resumes = runtime::Handle::try_current().is_ok();
        if resumes && was.is_some_and(|was| was.then == Else::Wanted) {
            self.inner.settle_again(&self.saga);
        }
    }
}

impl ActiveRun {
    /// The saga has killed nobody: the next one that workers have died with may be tried.
    fn end_trial(&mut self) {
        if self.trial.take().is_some() {
            self.inner.wake.notify_one();
        }
    }

    /// Whether the saga is claimed by this turn.
    pub(crate) fn has(&self, row: &Row) -> bool {
        (row.claimed, row.turn) == (Some(self.session.epoch), Some(self.turn))
    }

    /// The saga, as it is claimed.
    pub(crate) fn hold(&self) -> Hold {
        Hold::new(self.saga.clone(), self.turn)
    }

    pub(crate) fn given(&self) -> RunContext<'_> {
        RunContext {
            id: self.shared.id(&self.saga),
            control: Arc::clone(&self.control),
            shared: Arc::clone(&self.shared),
            observers: &self.inner.settings.observers,
            items_limit: self.inner.settings.items_limit,
            unload_after: self.inner.settings.unload_after,
            finally_limit: self.inner.settings.finally_limit,
            clock: self.inner.clock.clone(),
        }
    }

    /// The life of the saga, which has so many commits.
    pub(crate) fn life(&self, given: &RunContext<'_>, seq: u64) -> Life {
        let mut life = Life::new(self.saga.clone(), seq, given);
        life.control = Some(Arc::clone(&self.control));
        life
    }

    /// Reads the saga and continues it.
    pub(crate) async fn recover(&mut self, entry: &dyn AnySaga) {
        let stored = match self.inner.store.load(self.saga.clone()).await {
            // The saga was purged or released, or has nothing left to do.
            Ok(None) => return,
            Ok(Some(stored)) if !self.has(&stored.row) => return,
            Ok(Some(stored)) if stored.row.due.is_none() => return,
            Ok(Some(stored)) => stored,
            Err(error) => return self.fail(error).await,
        };
        self.shared.lives(stored.row.life);
        if stored.row.takeovers >= TAKEOVERS {
            let times = stored.row.takeovers;
            return self
                .give_up(&stored, Unreadable::Quarantined { times })
                .await;
        }
        if stored.row.takeovers > 1 && self.trial.is_none() {
            // It was claimed for a message, say, and not as a suspect.
            let trial = Arc::clone(&self.inner.trial);
            self.trial = trial.acquire_owned().await.ok();
        }
        if stored.commits.is_empty() {
            return self.begin(entry, &stored).await;
        }
        self.go_on(entry, stored).await;
    }

    /// Continues a saga that has a journal.
    async fn go_on(&mut self, entry: &dyn AnySaga, stored: Stored) {
        let reading = match self.inner.reading(entry, &stored).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(why)) => return self.give_up(&stored, why).await,
            Err(error) => return self.fail(error).await,
        };
        let given = self.given();
        let mut life = self.life(&given, stored.row.commits);
        let taken = life.take_up(entry, &stored.row, *reading, given);
        let TakenUp { redefined, awaits } = match taken {
            Ok(taken) => taken,
            Err(why) => return self.give_up(&stored, why).await,
        };
        let define = redefined.and_then(|it| it.to_store(&stored.row.saga.saga));
        if let Some(define) = define {
            let defined = self.inner.store.define(self.session.epoch, define).await;
            if let Err(error) = defined {
                return self.fail(error).await;
            }
        }
        if let Some(step) = awaits {
            if let Err(error) = self.find_keys(&stored, step).await {
                return self.fail(error).await;
            }
        }
        if stored.row.takeovers > 1 {
            // A wait in memory would be counted with whatever else ends this process.
            life.unload_after = Duration::ZERO;
        }
        // The run may take long, and needs its records no more.
        drop(stored);
        self.live(life, None).await;
    }

    /// Learns whether the saga has the keys that it waits for, and requests them again if the store
    /// has no such request.
    async fn find_keys(&self, stored: &Stored, step: u16) -> Result<(), StoreError> {
        let saga = self.saga.clone();
        let rows = self.inner.store.locks(LockFilter::of(saga)).await?;
        if rows.iter().any(|row| row.state != LockState::Taken) {
            self.shared.has_keys(are_granted(&rows));
            return Ok(());
        }
        let definition = self.shared.definition();
        let commits = stored.commits.iter().rev();
        let records = commits.filter_map(|commit| record::decode(&commit.records).ok());
        let mut records = records.flatten().filter(|record| {
            let named = record.step.as_deref();
            let named = named.and_then(|name| definition.step_named(name));
            named == Some(step) && !record.keys.is_empty()
        });
        let keys = records.next().map_or_else(Vec::new, |record| record.keys);
        let step = &definition.steps[usize::from(step)];
        let name: Arc<str> = step.lock.as_ref().map_or("", |lock| &*lock.name).into();
        let keys = keys.into_iter().map(|key| LockKey {
            name: Arc::clone(&name),
            key: key.into(),
        });
        self.shared.request_again(keys.collect());
        Ok(())
    }

    /// Begins a saga that was created without a commit.
    async fn begin(&mut self, entry: &dyn AnySaga, stored: &Stored) {
        let saga = match entry.input(&stored.row.input) {
            Ok(saga) => saga,
            Err(why) => return self.give_up(stored, Unreadable::Input { why }).await,
        };
        let given = self.given();
        let start = Start::of(entry, &given.clock, entry.definition().deadline);
        let mut life = self.life(&given, 0);
        if let Err(why) = life.begin(entry, saga, start, given) {
            return self.give_up(stored, why).await;
        }
        life.was_created(&stored.row, entry);
        self.live(life, None).await;
    }

    /// Lists the saga as unreadable, and releases it: another version may run it.
    async fn give_up(&self, stored: &Stored, why: Unreadable) {
        let why = Arc::new(why);
        self.inner.unreadable(&self.saga, Arc::clone(&why));
        self.release_as_unfit(&stored.row, &why).await;
    }

    /// Follows a life until the saga is released or over. `begins`: the row of the saga, which the
    /// first commit creates.
    pub(crate) async fn live(&mut self, life: Life, begins: Option<NewSaga>) {
        let mut driver = Driver {
            life,
            store: Arc::clone(&self.inner.store),
            in_place: self.inner.store_in_place().cloned(),
            epoch: self.session.epoch,
            turn: self.turn,
            begun: self.begun.clone().filter(|_| begins.is_some()),
            begins,
            handing: self.inner.publishes(&self.saga),
            writing: None,
            looking: None,
        };
        if !driver.life.finishes() {
            self.follow(&mut driver).await;
        }
        if driver.life.finishes() {
            self.leave_slot();
            if let Exit::Failed(error) = poll_fn(|cx| driver.poll(cx)).await {
                self.fail(error).await;
            }
        }
        discard(driver);
    }

    /// Drives a run, and reports its end.
    async fn follow(&mut self, driver: &mut Driver) {
        let exit = poll_fn(|cx| {
            let polled = driver.poll(cx);
            // It was read, and went on as far as it could: each call from here on is recorded before
            // it begins.
            if driver.writing.is_none() {
                self.end_trial();
            }
            polled
        })
        .await;
        let holds_keys = driver.life.holds_keys;
        match exit {
            Exit::Ended(RunEnd {
                state, told, tells, ..
            }) => {
                if tells {
                    self.inner.outbox.wake.notify_one();
                }
                if holds_keys {
                    // Other sagas may get the keys now.
                    self.inner.wake.notify_one();
                }
                let parked = (state == State::Parked).then_some(driver.life.seq);
                self.told(Reported { told, parked });
            }
            Exit::Asleep(until) => {
                self.inner.due(until);
                if holds_keys {
                    // The saga may have been granted the keys that it waits for meanwhile.
                    self.inner.wake.notify_one();
                }
            }
            Exit::Released => {}
            Exit::Exists(input) => self.begun(SubmitStatus::Exists { input }),
            Exit::Failed(error) => {
                if let StoreError::Life { life } = error {
                    // Whoever submits it does so again.
                    self.inner.live().life = Some(life);
                }
                self.begun(SubmitStatus::Failed(error.clone()));
                self.fail(error).await;
            }
        }
    }

    fn begun(&self, begun: SubmitStatus) {
        if let Some(sender) = &self.begun {
            sender.send_replace(begun);
        }
    }

    fn told(&self, reported: Reported) {
        // This releases the lock on the live state first, since dropping a `Tell` takes that lock.
        let tell = self.inner.live().tell(&self.saga);
        if let Some(tell) = tell {
            discard(tell.told.send_replace(Some(Ok(reported))));
        } else {
            discard(reported);
        }
    }

    /// Releases the slot for another saga.
    fn leave_slot(&mut self) {
        drop(self.permit.take());
        // Checked afterwards: a worker that looked for a slot before has set `backlog`, and one
        // that looks now finds this slot.
        let backlog = self.inner.live().backlog;
        if backlog {
            self.inner.wake.notify_one();
        }
    }

    /// The store cannot continue this saga.
    async fn fail(&self, error: StoreError) {
        match error {
            StoreError::Fenced { epoch } => self.inner.fenced(epoch),
            StoreError::Owned { .. } | StoreError::Lost { .. } | StoreError::Panicked { .. } => {
                self.inner.stop(Some(&error));
            }
            // Another worker has claimed it, or somebody has answered what is answered by a commit of its
            // own; or it was not created.
            StoreError::NotHeld { .. } | StoreError::Answered { .. } | StoreError::Life { .. } => {}
            StoreError::Corrupt { .. } | StoreError::Id { .. } => {
                let why = Arc::new(Unreadable::Damaged(error));
                self.inner.give_up(&self.saga, why).await;
            }
            // The records decide: they are read again, if the saga is claimed.
            StoreError::Unavailable { .. } | StoreError::Conflict { .. } => {
                self.inner.reconcile_soon(Some(&self.saga));
            }
        }
    }
}
