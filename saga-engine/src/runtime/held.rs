//! A saga at hand, while its task has it: what the task does with it.

use crate::{
    error::Unreadable,
    journal::record::{self, Kind, Record},
    runtime::driver::{Driver, Exit},
    runtime::engine::{Begun, Inner, PAUSE},
    runtime::journal::Shared,
    runtime::run::{End, Entry, Finally, Given, Recovered, Run},
    store::{Change, Commit, DefinitionRow, Hold, NewSaga, SagaId, State, StoreError, Time},
};
use saga_core::{Id, run::Control};
use std::{any::Any, sync::Arc, thread, time::Duration};
use tokio::{
    runtime,
    sync::{OwnedSemaphorePermit, watch},
    time::sleep,
};

/// A saga at hand, while its task has it.
pub(crate) struct Held {
    pub(crate) inner: Arc<Inner>,
    pub(crate) saga: SagaId,
    pub(crate) control: Arc<Control>,
    pub(crate) shared: Arc<Shared>,
    /// Told whether the saga is on record; dropped with the task.
    pub(crate) begun: Option<watch::Sender<Begun>>,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
    /// Whether it is to be taken up again at once.
    pub(crate) again: bool,
}

/// Whether the task that asks, which was spawned, may block its thread: others take over what else that has to do.
fn may_block() -> bool {
    let flavor = runtime::Handle::current().runtime_flavor();
    flavor == runtime::RuntimeFlavor::MultiThread
}

impl Drop for Held {
    fn drop(&mut self) {
        // Before the look whether somebody waits for it.
        drop(self.permit.take());
        let mut live = self.inner.live();
        let wanted = live
            .at_hand
            .remove(&self.saga)
            .is_some_and(|was| was.wanted);
        let backlog = live.backlog;
        drop(live);
        drop(self.begun.take());
        self.inner.ended.notify_waiters();
        if backlog {
            self.inner.wake.notify_one();
        }
        // A runtime that ends takes nothing up.
        if runtime::Handle::try_current().is_err() {
            return;
        }
        // A task that panics, by a `drop` of the user's, is as a process that ends: the saga is read again.
        if thread::panicking() {
            self.inner.take_up(&self.saga, None, PAUSE);
        } else if wanted {
            self.inner.take_up(&self.saga, None, Duration::ZERO);
        }
    }
}
impl Held {
    pub(crate) fn given(&self) -> Given<'_> {
        Given {
            id: Id::from(Arc::clone(&self.saga.id)),
            control: Arc::clone(&self.control),
            shared: Arc::clone(&self.shared),
            observers: &self.inner.settings.observers,
            now: self.inner.now(),
        }
    }

    pub(crate) fn driver(
        &self,
        run: Run,
        deadline: Option<Time>,
        seq: u64,
        begins: Option<NewSaga>,
        opening: Option<Change>,
    ) -> Driver {
        Driver {
            saga: self.saga.clone(),
            store: Arc::clone(&self.inner.store),
            in_place: self.inner.in_place.clone().filter(|_| may_block()),
            epoch: self.inner.epoch,
            clock: self.inner.clock,
            shared: Arc::clone(&self.shared),
            unload_after: self.inner.settings.unload_after,
            deadline,
            seq,
            begun: self.begun.clone().filter(|_| begins.is_some()),
            begins,
            opening,
            run: Some(run),
            end: None,
            writing: None,
        }
    }

    /// Reads the saga and goes on with it.
    pub(crate) async fn recover(&mut self, entry: &dyn Entry) {
        let stored = match self.inner.store.load(self.saga.clone()).await {
            Ok(Some(stored)) if stored.row.due.is_some() => stored,
            // It was purged, or nothing of it is left to do.
            Ok(_) => return,
            Err(error) => return self.fail(error),
        };
        let reading = match self.inner.reading(entry, &stored).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(why)) => return self.inner.unreadable(&self.saga, why),
            Err(error) => return self.fail(error),
        };
        let seq = stored.row.commits;
        let recovered = reading.folded(&stored);
        let recovered =
            recovered.and_then(|folded| entry.recover(&stored.row, &folded, self.given()));
        match recovered {
            Err(why) => self.inner.unreadable(&self.saga, why),
            Ok(Recovered::AtRest) => {}
            Ok(Recovered::Finally(finally)) => {
                self.finish(stored.row.state, finally, seq).await;
            }
            Ok(Recovered::Run { run, deadline }) => {
                let fingerprint = match self.redefine(reading.redefined).await {
                    Ok(fingerprint) => fingerprint,
                    Err(error) => return self.fail(error),
                };
                let changed = fingerprint.is_some() || stored.row.state != State::Running;
                let opening = changed.then_some(Change {
                    state: State::Running,
                    hold: Hold::Keep,
                    fingerprint,
                });
                let driver = self.driver(run, deadline, seq, None, opening);
                self.follow(driver).await;
            }
        }
    }

    /// Keeps the definition that the saga goes on by, and notes that it does.
    async fn redefine(&self, definition: Option<DefinitionRow>) -> Result<Option<u64>, StoreError> {
        let Some(definition) = definition else {
            return Ok(None);
        };
        let fingerprint = definition.fingerprint;
        let (store, epoch) = (&self.inner.store, self.inner.epoch);
        store.define(epoch, definition).await?;
        let mut record = Record::new(Kind::Redefined);
        record.definition = Some(fingerprint);
        self.shared.push(record);
        Ok(Some(fingerprint))
    }

    /// Follows a run, and does what is to be done when there is nothing left to follow.
    pub(crate) async fn follow(&mut self, mut driver: Driver) {
        match (&mut driver).await {
            Exit::Ended(End {
                state,
                finally,
                told,
            }) => {
                let seq = driver.seq;
                drop(driver);
                self.told(told);
                if finally.is_some() {
                    self.finish(state, finally, seq).await;
                }
            }
            Exit::Asleep(until) => self.inner.due(until),
            Exit::Released => {}
            Exit::Exists(input) => self.begun(Begun::Exists { input }),
            Exit::Failed(error) => {
                self.begun(Begun::Failed(error.clone()));
                self.fail(error);
            }
        }
    }

    /// What the store did not answer is asked again in a while.
    pub(crate) fn let_go(self) {
        let (inner, saga, again) = (Arc::clone(&self.inner), self.saga.clone(), self.again);
        drop(self);
        if again {
            inner.take_up(&saga, None, PAUSE);
        }
    }

    fn begun(&self, begun: Begun) {
        if let Some(sender) = &self.begun {
            sender.send_replace(begun);
        }
    }

    fn told(&self, told: Arc<dyn Any + Send + Sync>) {
        // Let go of what is live before: a `Tell` that is dropped takes it.
        let tell = self.inner.live().tell(&self.saga);
        if let Some(tell) = tell {
            tell.told.send_replace(Some(Ok(told)));
        }
    }

    /// Runs `finally`, and puts on record that it has run.
    async fn finish(&mut self, state: State, finally: Option<Finally>, seq: u64) {
        if let Some(finally) = finally {
            finally.await;
        }
        let change = Change {
            state,
            hold: Hold::Rest,
            fingerprint: None,
        };
        loop {
            let commit = Commit {
                seq,
                at: self.inner.now(),
                records: record::encode(&[Record::new(Kind::Finished)]),
            };
            let (inner, saga) = (&self.inner, self.saga.clone());
            let written = inner.store.append(inner.epoch, saga, commit, Some(change));
            match written.await {
                Err(StoreError::Unavailable { .. }) => sleep(PAUSE).await,
                Err(error) => return self.fail(error),
                Ok(()) => return,
            }
        }
    }

    /// The store cannot go on with this saga.
    fn fail(&mut self, error: StoreError) {
        match error {
            StoreError::Fenced { .. } | StoreError::Owned { .. } => {
                self.inner.stop(Some(&error));
            }
            StoreError::Corrupt { .. } => {
                self.inner
                    .unreadable(&self.saga, Unreadable::Damaged(error));
            }
            // What is on record is read again: it is the truth.
            StoreError::Unavailable { .. } | StoreError::Conflict { .. } => self.again = true,
        }
    }
}
