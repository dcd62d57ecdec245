//! The state that all tasks of an engine share: its store, its epoch, the loaded sagas.

use crate::{
    clock::Clock,
    error::{EngineError, Unreadable},
    journal::schema::Definitions,
    runtime::astray::Astray,
    runtime::handing::Handing,
    runtime::journal::Shared,
    runtime::lease::Session,
    runtime::run::AnySaga,
    runtime::tasks::Tasks,
    store::{DefinitionRow, Epoch, Life, SagaId, Store, StoreError, Time, Turn, Worker},
};
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{Notify, Semaphore, watch},
    time::Instant,
};
use typed_saga_core::{Definition, Durable, Observer, run::Control};

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) max_active: usize,
    pub(crate) unload_after: Duration,
    pub(crate) effect_limit: usize,
    pub(crate) items_limit: usize,
    pub(crate) recovery_rate: u32,
    pub(crate) inbox_interval: Duration,
    pub(crate) finally_limit: Duration,
    pub(crate) lease: Duration,
    pub(crate) name: Arc<str>,
    pub(crate) retain: Option<Duration>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

/// The type of a saga, as a value: what takes it is compiled once for all sagas.
#[derive(Clone, Copy)]
pub(crate) struct ByType {
    pub(crate) definition: &'static Definition,
    id: TypeId,
}

impl ByType {
    pub(crate) fn of<S: Durable>() -> Self {
        Self {
            definition: S::DEFINITION,
            id: TypeId::of::<S>(),
        }
    }

    /// The saga of this type with this id.
    pub(crate) fn saga(self, id: &str) -> SagaId {
        SagaId::new(&*self.definition.name, id)
    }
}

/// The state that all tasks of an engine share.
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    /// [`Store::in_place`].
    pub(super) in_place: Option<Arc<dyn Store>>,
    /// The session under which the engine works; `None` while it opens the store again.
    pub(crate) sessions: watch::Sender<Option<Session>>,
    pub(crate) clock: Clock,
    pub(crate) entries: HashMap<Arc<str>, Arc<dyn AnySaga>>,
    /// The definitions that are not registered any more.
    pub(crate) definitions: Definitions,
    pub(crate) settings: Settings,
    /// The names of the sagas with a `publish`.
    pub(crate) publish: Arc<[Arc<str>]>,
    pub(crate) slots: Arc<Semaphore>,
    /// One permit: for a saga that workers have died with, until it has proved harmless.
    pub(crate) trial: Arc<Semaphore>,
    /// Wakes the worker.
    pub(crate) wake: Notify,
    pub(crate) outbox: Arc<Handing>,
    /// Notified when a task has ended.
    pub(crate) ended: Notify,
    /// All tasks of the engine. Each of them holds the store.
    pub(crate) tasks: Tasks,
    pub(crate) live: Mutex<Live>,
}

/// The part that changes.
#[derive(Default)]
pub(crate) struct Live {
    /// The sagas at hand.
    pub(crate) at_hand: HashMap<SagaId, ActiveSaga>,
    /// The callers that wait for an outcome.
    pub(crate) tells: HashMap<SagaId, Weak<Tell>>,
    /// The sagas that cannot be read, and the reasons.
    pub(crate) unreadable: HashMap<SagaId, Arc<Unreadable>>,
    /// Whether sagas wait for a slot: then new sagas are recorded without one.
    pub(crate) backlog: bool,
    /// The number of events that are being delivered.
    pub(crate) delivering: usize,
    /// The time at which the worker looks for sagas that are due, even if it is not woken.
    pub(crate) looks: Option<Time>,
    /// The claims that no task may have.
    pub(crate) astray: Astray,
    /// Whether no further saga is resumed.
    pub(crate) stopping: bool,
    /// Whether nothing runs any more.
    pub(crate) stopped: bool,
    /// The last epoch of the engine.
    pub(crate) epoch: Option<Epoch>,
    /// The life of the sagas that begin, as the store has told last.
    pub(crate) life: Option<Life>,
    /// Why it has stopped by itself.
    pub(crate) reason: Option<StoreError>,
}

impl Live {
    /// Drops all runs, as if the process had ended.
    fn cut_off(&self) {
        for saga in self.at_hand.values() {
            // A task that writes in place does not yield, so it cannot be aborted there.
            saga.shared.release();
            if let Some(task) = &saga.task {
                task.abort();
            }
        }
    }
}

/// A saga at hand.
pub(crate) struct ActiveSaga {
    pub(crate) control: Arc<Control>,
    pub(crate) shared: Arc<Shared>,
    /// Closed when the saga is no longer at hand.
    pub(crate) begun: watch::Receiver<SubmitStatus>,
    /// The turn by which it is claimed.
    pub(crate) turn: Turn,
    pub(crate) task: Option<tokio::task::AbortHandle>,
    /// What happens to the saga when it is released.
    pub(crate) then: Else,
}

/// What happens to a saga that is already at hand, and so cannot be held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Else {
    Nothing,
    /// It is resumed when it is released: its claim may be newer than what the task that has it
    /// knows.
    Wanted,
}

/// Whether a saga that was submitted is recorded.
#[derive(Clone, Debug)]
pub(crate) enum SubmitStatus {
    NotYet,
    Yes,
    Exists { input: String },
    Failed(StoreError),
}

/// The wait before an unavailable store is tried again.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

impl Inner {
    /// Opens the store; again, if this engine had an earlier epoch.
    pub(crate) async fn open_anew(&self) -> Result<(), StoreError> {
        let entries = self.entries.iter();
        let after = self.live().epoch;
        let worker = Worker {
            name: Arc::clone(&self.settings.name),
            lease: self.settings.lease,
            runs: entries
                .map(|(saga, entry)| (Arc::clone(saga), entry.fingerprint()))
                .chain([Worker::format()])
                .collect(),
            after,
        };
        let sent = Instant::now();
        let opened = self.store.open(worker).await?;
        self.live().epoch = Some(opened.epoch);
        self.live().life = opened.life;
        if after.is_none() {
            self.clock.restart(opened.now);
        } else {
            self.clock.set(opened.now);
        }
        for entry in self.entries.values() {
            let definition = entry.definition();
            let row = DefinitionRow {
                saga: (&*definition.name).into(),
                fingerprint: entry.fingerprint(),
                json: definition.to_json(),
            };
            self.store.define(opened.epoch, row).await?;
        }
        let session = Session::new(&opened, sent);
        self.renew_first(&session).await?;
        self.sessions.send_replace(Some(session));
        Ok(())
    }

    /// Renews the lease of a session before it begins, if opening the store has taken so long that this
    /// is due: calls could not begin otherwise. An answer may take as long, so the last one counts.
    async fn renew_first(&self, session: &Session) -> Result<(), StoreError> {
        let lease = &session.lease;
        for _ in 0..3 {
            if lease.renewal().is_none_or(|due| Instant::now() < due) {
                break;
            }
            let sent = Instant::now();
            self.clock.set(self.store.renew(session.epoch).await?);
            lease.renewed(sent);
        }
        Ok(())
    }

    /// The session under which the engine works now; `None` while it opens the store again.
    pub(crate) fn current(&self) -> Option<Session> {
        self.sessions.borrow().clone()
    }

    /// The session under which the engine works, once there is one.
    pub(crate) async fn session(&self) -> Result<Session, EngineError> {
        let mut sessions = self.sessions.subscribe();
        loop {
            self.check()?;
            let session = sessions.borrow_and_update().clone();
            if let Some(session) = session {
                return Ok(session);
            }
            // The channel stays open, because `self` has the sender.
            drop(sessions.changed().await);
        }
    }

    /// An epoch has ended: drops its runs, and makes the worker open the store again.
    pub(crate) fn fenced(&self, epoch: Epoch) {
        let ended = self.sessions.send_if_modified(|current| {
            let ends = current
                .as_ref()
                .is_some_and(|current| current.epoch == epoch);
            if ends {
                *current = None;
            }
            ends
        });
        if ended {
            self.live().cut_off();
            self.wake.notify_one();
        }
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// The entry of a saga, if it is registered with exactly this type.
    pub(crate) fn entry(&self, of: ByType) -> Result<&Arc<dyn AnySaga>, EngineError> {
        let saga = &*of.definition.name;
        let entry = self.entries.get(saga);
        entry
            .filter(|entry| entry.type_of() == of.id)
            .ok_or(EngineError::NotRegistered { saga })
    }

    /// Stops everything: on request, or by itself for a reason.
    pub(crate) fn stop(&self, reason: Option<&StoreError>) {
        let mut live = self.live();
        if std::mem::replace(&mut live.stopped, true) {
            return;
        }
        live.stopping = true;
        live.reason = reason.cloned();
        live.cut_off();
        let tells: Vec<_> = live.tells.values().filter_map(Weak::upgrade).collect();
        drop(live);
        for tell in tells {
            tell.told.send_if_modified(|told| {
                let nothing = told.is_none();
                if nothing {
                    *told = Some(Err(EngineError::Stopped {
                        reason: reason.cloned(),
                    }));
                }
                nothing
            });
        }
        self.wake.notify_one();
        self.outbox.wake.notify_one();
        self.ended.notify_waiters();
        // Wakes the tasks that wait for a session.
        self.sessions.send_modify(|_| {});
    }

    /// Waits until the engine has stopped, and returns why if it was by itself.
    pub(crate) async fn stopped(&self) -> Option<StoreError> {
        // Stopping changes the sessions, too.
        let mut sessions = self.sessions.subscribe();
        loop {
            sessions.mark_unchanged();
            {
                let live = self.live();
                if live.stopped {
                    return live.reason.clone();
                }
            }
            drop(sessions.changed().await);
        }
    }

    /// A saga is due at this time: the worker must look for it by then.
    pub(crate) fn due(&self, until: Time) {
        let mut live = self.live();
        if live.looks.is_none_or(|looks| until < looks) {
            live.looks = Some(until);
            drop(live);
            self.wake.notify_one();
        }
    }

    /// This saga, or any if there is none, may be claimed without a task: the store did not answer, or
    /// the task has failed. The worker reconciles after a pause. Nothing else repairs a claim.
    pub(crate) fn reconcile_soon(&self, saga: Option<&SagaId>) {
        let is_first = self.live().astray.add(saga, Instant::now() + PAUSE);
        if is_first {
            self.wake.notify_one();
        }
    }

    /// The store that writes in place, if the calling task, which must be a spawned one, may block
    /// its thread: other threads take over the rest of that thread's work.
    pub(crate) fn store_in_place(&self) -> Option<&Arc<dyn Store>> {
        let flavor = Handle::current().runtime_flavor();
        let in_place = self.in_place.as_ref();
        in_place.filter(|_| flavor == RuntimeFlavor::MultiThread)
    }

    /// The deliverer's state, if the saga has a `publish`.
    pub(crate) fn publishes(&self, saga: &SagaId) -> Option<Arc<Handing>> {
        let says = self.publish.contains(&saga.saga);
        says.then(|| Arc::clone(&self.outbox))
    }

    /// Returns an error if the engine accepts no further requests.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let live = self.live();
        if live.stopping {
            return Err(EngineError::Stopped {
                reason: live.reason.clone(),
            });
        }
        Ok(())
    }
}

/// An outcome, or the reason why there is none.
pub(crate) type Report = Result<Reported, EngineError>;

/// An outcome that callers wait for.
#[derive(Clone)]
pub(crate) struct Reported {
    /// A [`Reply`](crate::runtime::end::Reply) of the saga's error.
    pub(crate) told: Arc<dyn Any + Send + Sync>,
    /// If the saga is parked: the number of commits with which it was. Any other outcome is final.
    pub(crate) parked: Option<u64>,
}

/// Notifies all callers that wait for an outcome.
pub(crate) struct Tell {
    pub(crate) told: watch::Sender<Option<Report>>,
    /// Notified if the saga may have ended elsewhere.
    pub(crate) look: Notify,
    saga: SagaId,
    inner: Weak<Inner>,
}

impl Drop for Tell {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            let mut live = inner.live();
            let gone = |tell: &Weak<Self>| tell.strong_count() == 0;
            if live.tells.get(&self.saga).is_some_and(gone) {
                live.tells.remove(&self.saga);
            }
        }
    }
}

impl Live {
    /// The notifier of a saga's outcome, if a caller waits for it.
    pub(crate) fn tell(&self, saga: &SagaId) -> Option<Arc<Tell>> {
        self.tells.get(saga).and_then(Weak::upgrade)
    }
}

impl Inner {
    /// The notifier of a saga's outcome.
    pub(crate) fn tell(self: &Arc<Self>, saga: &SagaId) -> Arc<Tell> {
        let mut live = self.live();
        let known = live.tells.entry(saga.clone()).or_default();
        if let Some(tell) = known.upgrade() {
            return tell;
        }
        let tell = Arc::new(Tell {
            told: watch::Sender::new(None),
            look: Notify::new(),
            saga: saga.clone(),
            inner: Arc::downgrade(self),
        });
        *known = Arc::downgrade(&tell);
        tell
    }
}
