//! The task of one saga at hand: begins it or takes it up, follows it, and sees to what its end asks for.

use crate::{
    driver::{Driver, Exit},
    engine::{AtHand, Begun, Inner},
    error::Unreadable,
    fold::Folded,
    journal::Shared,
    record::{self, Kind, Record},
    run::{End, Entry, Finally, Given, Recovered, Run},
    schema,
    store::{
        Change, Commit, DefinitionRow, Hold, NewSaga, SagaId, State, StoreError, Stored, Time,
    },
};
use saga_core::{Definition, Id, run::Control};
use std::{any::Any, sync::Arc, thread, time::Duration};
use tokio::{
    runtime,
    sync::{OwnedSemaphorePermit, watch},
    task::AbortHandle,
    time::sleep,
};

/// How long a store that is not available is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// A saga at hand, while its task has it.
pub(crate) struct Held {
    inner: Arc<Inner>,
    saga: SagaId,
    control: Arc<Control>,
    shared: Arc<Shared>,
    /// Told whether the saga is on record; dropped with the task.
    begun: Option<watch::Sender<Begun>>,
    permit: Option<OwnedSemaphorePermit>,
    /// Whether it is to be taken up again at once.
    again: bool,
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

/// A saga that is submitted, and has a slot.
pub(crate) struct Submitted {
    pub(crate) saga: Box<dyn Any + Send>,
    pub(crate) new: NewSaga,
    pub(crate) started: Record,
    pub(crate) deadline: Option<Duration>,
    pub(crate) permit: OwnedSemaphorePermit,
}

impl Inner {
    /// Has a task of its own begin a saga. `Err`: it is at hand already, or the engine stops.
    pub(crate) fn begin(
        self: &Arc<Self>,
        entry: &dyn Entry,
        submitted: Submitted,
    ) -> Result<watch::Receiver<Begun>, Box<Submitted>> {
        let id = submitted.new.saga.clone();
        let Some((mut held, begun)) = self.hold(&id, entry.definition(), Begun::NotYet) else {
            return Err(Box::new(submitted));
        };
        let Submitted {
            saga,
            new,
            started,
            deadline,
            permit,
        } = submitted;
        held.permit = Some(permit);
        held.shared.push(started);
        let given = held.given();
        let run = entry.begin(saga, given, deadline);
        let deadline = deadline.map(|limit| self.now().after(limit));
        let shared = Arc::clone(&held.shared);
        let task = tokio::spawn(async move {
            let driver = held.driver(run, deadline, 0, Some(new), None);
            held.follow(driver).await;
            held.let_go();
        });
        self.at_work(&id, &shared, task.abort_handle());
        Ok(begun)
    }

    /// Has a task of its own take a saga up, unless it is at hand already or the engine stops. `wait`: before that.
    pub(crate) fn take_up(
        self: &Arc<Self>,
        saga: &SagaId,
        permit: Option<OwnedSemaphorePermit>,
        wait: Duration,
    ) {
        let Some(entry) = self.entries.get(&saga.saga).cloned() else {
            return self.unreadable(saga, Unreadable::Unknown);
        };
        let Some((mut held, _)) = self.hold(saga, entry.definition(), Begun::Yes) else {
            // It may have been claimed a moment before it is let go.
            if let Some(at_hand) = self.live().at_hand.get_mut(saga) {
                at_hand.wanted = true;
            }
            return;
        };
        held.permit = permit;
        let shared = Arc::clone(&held.shared);
        let task = tokio::spawn(async move {
            if !wait.is_zero() {
                sleep(wait).await;
            }
            held.recover(&*entry).await;
            held.let_go();
        });
        self.at_work(saga, &shared, task.abort_handle());
    }

    /// Puts a saga among those at hand, without a task: nobody else takes it up as long as what is given back is there.
    pub(crate) fn hold_only(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
    ) -> Option<Held> {
        self.hold(saga, definition, Begun::Yes)
            .map(|(held, _)| held)
    }

    /// Puts a saga among those at hand.
    fn hold(
        self: &Arc<Self>,
        saga: &SagaId,
        definition: &'static Definition,
        begun: Begun,
    ) -> Option<(Held, watch::Receiver<Begun>)> {
        let mut live = self.live();
        if live.stopping || live.at_hand.contains_key(saga) {
            return None;
        }
        let control = Arc::new(Control::default());
        let shared = Arc::new(Shared::new(
            definition,
            self.settings.effect_limit,
            self.clock,
        ));
        let (sender, receiver) = watch::channel(begun);
        let at_hand = AtHand {
            control: Arc::clone(&control),
            shared: Arc::clone(&shared),
            begun: receiver.clone(),
            task: None,
            wanted: false,
        };
        live.at_hand.insert(saga.clone(), at_hand);
        let held = Held {
            inner: Arc::clone(self),
            saga: saga.clone(),
            control,
            shared,
            begun: Some(sender),
            permit: None,
            again: false,
        };
        Some((held, receiver))
    }

    /// Keeps the task of a saga at hand, unless it has ended by now: another one may have the saga since.
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

    /// Lists a saga as unreadable, and tells those who wait for it.
    pub(crate) fn unreadable(&self, saga: &SagaId, why: Unreadable) {
        let why = Arc::new(why);
        let mut live = self.live();
        live.unreadable.insert(saga.clone(), Arc::clone(&why));
        let tell = live.tells.get(saga).and_then(std::sync::Weak::upgrade);
        drop(live);
        if let Some(tell) = tell {
            let saga = saga.clone();
            tell.told
                .send_replace(Some(Err(crate::EngineError::Unreadable { saga, why })));
        }
    }

    /// By which definition the saga's records are read: the one at hand, if it is the one that it was run with, or else one that goes on where that
    /// left off, if there is one.
    pub(crate) async fn reading(
        &self,
        entry: &dyn Entry,
        stored: &Stored,
    ) -> Result<Result<Reading, Unreadable>, StoreError> {
        let (definition, then) = (entry.definition(), stored.row.fingerprint);
        if entry.fingerprint() == then {
            return Ok(Ok(Reading {
                definition,
                redefined: None,
            }));
        }
        let saga = Arc::clone(&stored.row.saga.saga);
        let Some(row) = self.store.definition(Arc::clone(&saga), then).await? else {
            return Ok(Err(Unreadable::NoDefinition { fingerprint: then }));
        };
        let read = || {
            let old = schema::read(&row.json).map_err(Unreadable::Definition)?;
            let folded = Folded::of(old, &stored.commits).map_err(Unreadable::Fold)?;
            let touched = |step| folded.touched(step);
            let definition = schema::continued(old, entry.definition(), &touched)
                .map_err(Unreadable::Changed)?;
            let fingerprint = schema::fingerprint(definition);
            Ok(Reading {
                definition,
                redefined: (fingerprint != then).then(|| DefinitionRow {
                    saga,
                    fingerprint,
                    json: schema::write(definition),
                }),
            })
        };
        Ok(read())
    }
}

/// How a saga's records are read.
pub(crate) struct Reading {
    pub(crate) definition: &'static Definition,
    /// Another definition than it was run with: it is put on record when the saga goes on by it.
    pub(crate) redefined: Option<DefinitionRow>,
}

impl Held {
    fn given(&self) -> Given<'_> {
        Given {
            id: Id::from(Arc::clone(&self.saga.id)),
            control: Arc::clone(&self.control),
            shared: Arc::clone(&self.shared),
            observers: &self.inner.settings.observers,
            now: self.inner.now(),
        }
    }

    fn driver(
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
            epoch: self.inner.epoch,
            clock: self.inner.clock,
            shared: Arc::clone(&self.shared),
            nap: self.inner.settings.nap,
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
    async fn recover(&mut self, entry: &dyn Entry) {
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
        match entry.recover(reading.definition, &stored, self.given()) {
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
    async fn follow(&mut self, mut driver: Driver) {
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
    fn let_go(self) {
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
        let tell = {
            let live = self.inner.live();
            live.tells
                .get(&self.saga)
                .and_then(std::sync::Weak::upgrade)
        };
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
