//! The engine: what it is made of, how it starts and stops.
//!
//! ```text
//!  submit ──▶ task { driver { run } } ◀── worker ◀── store: what is due, what is asked
//!                 │       one for each saga at hand
//!                 ▼
//!               store
//! ```
//!
//! A saga is *at hand* while a task of this engine has it: it runs, or waits for a moment. All others are rows in the store.

use crate::{
    error::{EngineError, Unreadable},
    journal::schema::Definitions,
    runtime::clock::Clock,
    runtime::journal::Shared,
    runtime::run::{Entry, Registered},
    runtime::tell::Tell,
    runtime::worker,
    store::{DefinitionRow, Epoch, SagaId, Store, StoreError, Time},
};
use saga_core::{Durable, Observer, Services, run::Control};
use std::{
    any::TypeId,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
};

/// Runs durable sagas and keeps them in a store: what it has begun outlasts the process.
///
/// Clones are handles onto the same engine. When the last one is dropped, its runs stop where they are, as if the process had ended there;
/// [`shutdown`](Self::shutdown) lets them come to rest before.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
    _owner: Arc<Owner>,
}

/// Stops the engine with the last handle.
struct Owner(Arc<Inner>, JoinHandle<()>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.1.abort();
        self.0.stop(None);
    }
}

/// An engine that is being put together.
#[must_use = "an engine does nothing until it is started"]
pub struct Builder {
    store: Arc<dyn Store>,
    in_place: Option<Arc<dyn Store>>,
    entries: HashMap<Arc<str>, Arc<dyn Entry>>,
    twice: Option<&'static str>,
    settings: Settings,
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) max_active: usize,
    pub(crate) unload_after: Duration,
    pub(crate) effect_limit: usize,
    pub(crate) recovery_rate: u32,
    pub(crate) inbox_interval: Duration,
    pub(crate) retain: Option<Duration>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

/// What all tasks of an engine share.
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    /// [`Store::in_place`].
    pub(crate) in_place: Option<Arc<dyn Store>>,
    pub(crate) epoch: Epoch,
    pub(crate) clock: Clock,
    pub(crate) entries: HashMap<Arc<str>, Arc<dyn Entry>>,
    /// Those that are not registered any more.
    pub(crate) definitions: Definitions,
    pub(crate) settings: Settings,
    pub(crate) slots: Arc<Semaphore>,
    /// Wakes the worker.
    pub(crate) wake: Notify,
    /// A task has ended.
    pub(crate) ended: Notify,
    live: Mutex<Live>,
}

/// What changes.
#[derive(Default)]
pub(crate) struct Live {
    /// The sagas at hand.
    pub(crate) at_hand: HashMap<SagaId, AtHand>,
    /// Who waits for an outcome.
    pub(crate) tells: HashMap<SagaId, Weak<Tell>>,
    /// The sagas that cannot be read, and why.
    pub(crate) unreadable: HashMap<SagaId, Arc<Unreadable>>,
    /// Sagas wait for a slot: new ones get in line.
    pub(crate) backlog: bool,
    /// When the worker looks again by itself for what is due.
    pub(crate) looks: Option<Time>,
    /// No saga is taken up any more.
    pub(crate) stopping: bool,
    /// Nothing runs any more.
    pub(crate) stopped: bool,
    /// What the store said when it was lost.
    pub(crate) lost: Option<StoreError>,
}

/// One saga at hand.
pub(crate) struct AtHand {
    pub(crate) control: Arc<Control>,
    pub(crate) shared: Arc<Shared>,
    /// Closed when it is no longer at hand.
    pub(crate) begun: watch::Receiver<Begun>,
    pub(crate) task: Option<tokio::task::AbortHandle>,
    /// Somebody wanted to take it up meanwhile: it is taken up when it is let go.
    pub(crate) wanted: bool,
}

/// Whether a saga that was submitted is on record.
#[derive(Clone, Debug)]
pub(crate) enum Begun {
    NotYet,
    Yes,
    Exists { input: String },
    Failed(StoreError),
}

/// How long a store that is not available is left alone.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// An engine over this store, to be put together and [started](Builder::start).
    pub fn builder(store: impl Store) -> Builder {
        Builder {
            in_place: store.in_place().map(|store| Arc::new(store) as _),
            store: Arc::new(store),
            entries: HashMap::new(),
            twice: None,
            settings: Settings {
                max_active: 1024,
                unload_after: Duration::from_secs(10),
                effect_limit: 1 << 20,
                recovery_rate: 1000,
                inbox_interval: Duration::from_millis(250),
                retain: None,
                observers: Vec::new(),
            },
        }
    }

    /// Takes up no further saga, lets the calls that run end, and records how: then nothing is in doubt. Calls that have not ended after
    /// `limit` are cut off, as if the process had ended there; their sagas are given back.
    ///
    /// Every saga goes on where it was with the next engine that opens the store.
    pub async fn shutdown(&self, limit: Duration) -> Vec<SagaId> {
        let inner = &self.inner;
        {
            let mut live = inner.live();
            live.stopping = true;
            for saga in live.at_hand.values() {
                saga.shared.release();
            }
        }
        inner.wake.notify_one();
        let all = async {
            loop {
                // Made before the look, so that an end between the look and the wait is not missed.
                let ended = inner.ended.notified();
                if inner.live().at_hand.is_empty() {
                    return;
                }
                ended.await;
            }
        };
        // Whether they have ended is looked at below.
        drop(tokio::time::timeout(limit, all).await);
        let left = inner.live().at_hand.keys().cloned().collect();
        inner.stop(None);
        left
    }
}

impl Builder {
    /// Has the engine run the sagas of a declaration, with these services: the struct that `saga!` declares beside it, named after the saga
    /// and `Services`.
    pub fn register<S: Durable>(mut self, services: impl Services<S>) -> Self {
        let saga = &*S::DEFINITION.name;
        let entry = Arc::new(Registered::<S, _>::new(services));
        if self.entries.insert(saga.into(), entry).is_some() {
            self.twice = Some(saga);
        }
        self
    }

    /// Has an observer hear of everything that happens in all runs of this engine; several may. It hears of what happens before that is on
    /// record: after a crash it may hear of it again.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.settings.observers.push(Arc::new(observer));
        self
    }

    /// How many sagas are at hand at once, at most: 1,024 unless this says otherwise. The others wait for a slot, in the store.
    ///
    /// # Panics
    /// If it is none.
    pub fn max_active(mut self, sagas: usize) -> Self {
        assert!(sagas > 0, "an engine must be able to run a saga");
        self.settings.max_active = sagas.min(Semaphore::MAX_PERMITS);
        self
    }

    /// How long a wait must be for the saga to give up its slot and its memory meanwhile: 10 s unless this says otherwise.
    pub fn unload_after(mut self, wait: Duration) -> Self {
        self.settings.unload_after = wait;
        self
    }

    /// How many bytes of JSON the inputs, an effect or the output of a saga may have: 1 MiB unless this says otherwise.
    pub fn effect_limit(mut self, bytes: usize) -> Self {
        self.settings.effect_limit = bytes;
        self
    }

    /// How many sagas are taken up per second, at most, when the engine starts and finds what an earlier one left: 1,000 unless this says
    /// otherwise. Each waits for a random moment of its share, so that the other side is not run over.
    ///
    /// # Panics
    /// If it is none.
    pub fn recovery_rate(mut self, per_second: u32) -> Self {
        assert!(per_second > 0, "an engine must recover something");
        self.settings.recovery_rate = per_second;
        self
    }

    /// Purges sagas that have ended, and are not parked, this long after their last change. Unless this is said they are kept until purged by
    /// hand: the id of a purged saga may be submitted again, and then runs again.
    pub fn retain(mut self, retain: Duration) -> Self {
        self.settings.retain = Some(retain);
        self
    }

    /// How often the store is asked for messages of people: every 250 ms unless this says otherwise.
    pub fn inbox_interval(mut self, every: Duration) -> Self {
        self.settings.inbox_interval = every;
        self
    }

    /// Opens the store, and takes up what is left in it.
    ///
    /// # Errors
    /// [`EngineError::Store`] if the store cannot be opened, or has another owner; [`EngineError::RegisteredTwice`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled.
    pub async fn start(self) -> Result<Engine, EngineError> {
        if let Some(saga) = self.twice {
            return Err(EngineError::RegisteredTwice { saga });
        }
        let epoch = self.store.open().await?;
        for entry in self.entries.values() {
            let definition = entry.definition();
            let row = DefinitionRow {
                saga: (&*definition.name).into(),
                fingerprint: entry.fingerprint(),
                json: definition.to_json(),
            };
            self.store.define(epoch, row).await?;
        }
        let inner = Arc::new(Inner {
            store: self.store,
            in_place: self.in_place,
            epoch,
            clock: Clock::new(),
            entries: self.entries,
            definitions: Definitions::default(),
            slots: Arc::new(Semaphore::new(self.settings.max_active)),
            settings: self.settings,
            wake: Notify::new(),
            ended: Notify::new(),
            live: Mutex::default(),
        });
        let worker = tokio::spawn(worker::work(Arc::clone(&inner)));
        Ok(Engine {
            inner: Arc::clone(&inner),
            _owner: Arc::new(Owner(inner, worker)),
        })
    }
}

impl Inner {
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// The saga `S`, if it is registered by this very type.
    pub(crate) fn entry<S: Durable>(&self) -> Result<&Arc<dyn Entry>, EngineError> {
        let saga = &*S::DEFINITION.name;
        let entry = self.entries.get(saga);
        entry
            .filter(|entry| entry.type_of() == TypeId::of::<S>())
            .ok_or(EngineError::NotRegistered { saga })
    }

    /// Nothing runs any more: because it was asked to, or since the store is lost.
    pub(crate) fn stop(&self, lost: Option<&StoreError>) {
        let mut live = self.live();
        if std::mem::replace(&mut live.stopped, true) {
            return;
        }
        live.stopping = true;
        live.lost = lost.cloned();
        for saga in live.at_hand.values() {
            // One that writes in place does not yield, where it would be aborted.
            saga.shared.release();
            if let Some(task) = &saga.task {
                task.abort();
            }
        }
        let tells: Vec<_> = live.tells.values().filter_map(Weak::upgrade).collect();
        drop(live);
        for tell in tells {
            tell.told.send_if_modified(|told| {
                let nothing = told.is_none();
                if nothing {
                    *told = Some(Err(EngineError::Stopped {
                        reason: lost.cloned(),
                    }));
                }
                nothing
            });
        }
        self.wake.notify_one();
        self.ended.notify_waiters();
    }

    /// A saga is due then: the worker is to look for it by then.
    pub(crate) fn due(&self, until: Time) {
        let mut live = self.live();
        if live.looks.is_none_or(|looks| until < looks) {
            live.looks = Some(until);
            drop(live);
            self.wake.notify_one();
        }
    }

    /// Whether a saga is at hand, or known as one that cannot be.
    pub(crate) fn knows(&self, saga: &SagaId) -> bool {
        let live = self.live();
        live.at_hand.contains_key(saga) || live.unreadable.contains_key(saga)
    }

    /// Why nothing more can be asked for, if so.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let live = self.live();
        if live.stopping {
            return Err(EngineError::Stopped {
                reason: live.lost.clone(),
            });
        }
        Ok(())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self.inner.live();
        f.debug_struct("Engine")
            .field("epoch", &self.inner.epoch)
            .field("at_hand", &live.at_hand.len())
            .field("stopping", &live.stopping)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("sagas", &self.entries.keys())
            .finish_non_exhaustive()
    }
}
