//! The engine: its parts, and how it starts and stops.
//!
//! ```text
//!  submit ──▶ task { driver { run } } ◀── worker ◀── store: what is due, what is asked
//!                 │       one for each saga at hand
//!                 ▼
//!               store
//! ```
//!
//! A saga is *at hand* while a task of this engine has it: it runs, or waits briefly. All others
//! are only rows in the store.

use crate::{
    clock::Clock,
    error::EngineError,
    host::this_process,
    journal::schema::Definitions,
    runtime::deliverer,
    runtime::handing::Handing,
    runtime::inner::{Inner, PAUSE, Settings},
    runtime::keeper,
    runtime::review,
    runtime::run::{AnySaga, registered},
    runtime::tasks::Tasks,
    runtime::worker,
    store::{SagaId, Store, StoreError},
};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
};
use typed_saga_core::{Observer, ServicesOf, run::need_timers};

/// The maximum size of an effect's JSON, in bytes.
pub(crate) const EFFECT_LIMIT: usize = 1 << 20;
/// The maximum number of items of a loop.
pub(crate) const ITEMS_LIMIT: usize = 10_000;
/// The time limit of a `finally`.
pub(crate) const FINALLY_LIMIT: Duration = Duration::from_secs(60);

/// Runs durable sagas and records them in a store, so that they survive the process.
///
/// Clones are handles to one engine. When you drop the last one, the runs stop where they are, as
/// if the process had ended. To let running calls end first, call [`shutdown`](Self::shutdown).
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
    owner: Arc<Owner>,
}

/// A handle to an engine that keeps neither the engine nor its store open. Use it in a service that
/// submits sagas. [`Engine::downgrade`] returns it.
///
/// Once the engine has been shut down or dropped, [`submit`](Self::submit) returns
/// [`EngineError::Stopped`].
#[derive(Clone)]
pub struct WeakEngine {
    pub(crate) inner: Weak<Inner>,
    owner: Weak<Owner>,
}

impl WeakEngine {
    /// The engine, unless its last handle was dropped. The returned handle keeps the engine open.
    #[must_use]
    pub fn upgrade(&self) -> Option<Engine> {
        Some(Engine {
            owner: self.owner.upgrade()?,
            inner: self.inner.upgrade()?,
        })
    }

    /// Waits until the engine has stopped, as [`Engine::stopped`] does, or its last handle was
    /// dropped.
    pub async fn stopped(&self) -> Option<StoreError> {
        let inner = self.inner.upgrade()?;
        inner.stopped().await
    }
}

/// Stops the engine with the last handle.
struct Owner(Arc<Inner>, [JoinHandle<()>; 4]);

impl Owner {
    fn stop(&self) {
        for task in &self.1 {
            task.abort();
        }
        self.0.stop(None);
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Configures an engine, and starts it.
#[must_use = "an engine does nothing until it is started"]
pub struct Builder {
    store: Arc<dyn Store>,
    in_place: Option<Arc<dyn Store>>,
    pub(crate) entries: HashMap<Arc<str>, Arc<dyn AnySaga>>,
    twice: Option<&'static str>,
    settings: Settings,
}

impl Engine {
    /// Configures an engine over this store: [register](Builder::register) the sagas, then
    /// [start](Builder::start) it.
    pub fn builder(store: impl Store) -> Builder {
        Builder {
            in_place: store.in_place().map(|store| Arc::new(store) as _),
            store: Arc::new(store),
            entries: HashMap::new(),
            twice: None,
            settings: Settings {
                max_active: 1024,
                unload_after: Duration::from_secs(10),
                effect_limit: EFFECT_LIMIT,
                items_limit: ITEMS_LIMIT,
                recovery_rate: 1000,
                inbox_interval: Duration::from_millis(250),
                finally_limit: FINALLY_LIMIT,
                lease: Duration::from_secs(30),
                name: this_process().into(),
                retain: None,
                observers: Vec::new(),
            },
        }
    }

    /// A handle that keeps neither the engine nor its store open.
    #[must_use]
    pub fn downgrade(&self) -> WeakEngine {
        WeakEngine {
            inner: Arc::downgrade(&self.inner),
            owner: Arc::downgrade(&self.owner),
        }
    }

    /// Waits until the engine has stopped. Returns why if it has stopped by itself: it has lost its
    /// store, or one of its tasks has panicked; `None` if it was shut down. Then all requests return
    /// [`EngineError::Stopped`], with the same reason. A service that waits for this beside its server
    /// ends when its sagas do, and is started again.
    pub async fn stopped(&self) -> Option<StoreError> {
        self.inner.stopped().await
    }

    /// Starts no further calls, lets the running calls end, and records their results, so that
    /// nothing is in doubt. Calls and deliveries of events that have not ended after `limit` are
    /// cut off, as if the process had ended; their sagas are released.
    ///
    /// Returns the sagas whose calls were cut off, if any: it is in doubt whether those calls took
    /// effect.
    ///
    /// The engine's tasks have ended by then, unless a call blocks its thread: once the last [`Engine`]
    /// is dropped, another one can open the store.
    ///
    /// The next engine that opens the store continues every saga where it was.
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
        inner.outbox.wake.notify_one();
        let all = async {
            loop {
                // Made before the look, so that an end between the look and the wait is not missed.
                let ended = inner.ended.notified();
                let is_done = {
                    let live = inner.live();
                    live.at_hand.is_empty() && live.delivering == 0
                };
                if is_done {
                    return;
                }
                ended.await;
            }
        };
        // Below it is checked whether they have ended.
        drop(tokio::time::timeout(limit, all).await);
        let left = inner.live().at_hand.keys().cloned().collect();
        self.owner.stop();
        if let Some(session) = inner.current() {
            // If the store is unavailable now, the sagas are released when the lease ends.
            drop(tokio::time::timeout(PAUSE, inner.store.close(session.epoch)).await);
        }
        // An aborted task holds the store until it is dropped. A task that blocks its thread is not
        // waited for.
        drop(tokio::time::timeout(PAUSE, inner.tasks.gone()).await);
        left
    }
}

impl Builder {
    /// Registers the saga `S`, which must be declared `durable saga`, with its services, in the struct
    /// that `saga!` declares for them: `register::<BookTrip>(BookTripServices { … })`.
    pub fn register<S>(mut self, services: impl ServicesOf<S>) -> Self {
        let entry = registered::<S, _>(services);
        let saga = &*entry.definition().name;
        if self.entries.insert(saga.into(), entry).is_some() {
            self.twice = Some(saga);
        }
        self
    }

    /// Adds an observer of all runs of this engine; there may be several. An observer is notified
    /// of an event before the event is recorded, so after a crash it may be notified of the event
    /// again.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.settings.observers.push(Arc::new(observer));
        self
    }

    /// The maximum number of sagas in memory at once. Default: 1,024. The others wait in the store.
    ///
    /// # Panics
    /// If it is zero.
    pub fn max_active(mut self, sagas: usize) -> Self {
        assert!(sagas > 0, "an engine must be able to run a saga");
        self.settings.max_active = sagas.min(Semaphore::MAX_PERMITS);
        self
    }

    /// Sagas that wait for longer than this are unloaded from memory meanwhile. Default: 10 s.
    pub fn unload_after(mut self, wait: Duration) -> Self {
        self.settings.unload_after = wait;
        self
    }

    /// The maximum size of a saga's inputs, of an effect, of an item of a loop and of the output,
    /// in bytes of JSON. Default: 1 MiB.
    pub fn effect_limit(mut self, bytes: usize) -> Self {
        self.settings.effect_limit = bytes;
        self
    }

    /// The maximum number of items of a loop. Default: 10,000. A loop with more items fails before
    /// its first item begins.
    pub fn items_limit(mut self, items: usize) -> Self {
        self.settings.items_limit = items;
        self
    }

    /// The maximum number of sagas per second that the engine recovers after it has started.
    /// Default: 1,000. The recoveries are spread at random over time, so that they do not overload
    /// the services.
    ///
    /// # Panics
    /// If it is zero.
    pub fn recovery_rate(mut self, per_second: u32) -> Self {
        assert!(per_second > 0, "an engine must recover something");
        self.settings.recovery_rate = per_second;
        self
    }

    /// Purges sagas that have ended, and are not parked, this long after their last change, except those
    /// that only other living workers have registered. Default: the engine purges none. The id of a purged
    /// saga can be submitted again: that is another saga, which has another [life](crate::Life), and so
    /// other keys. (In [`Memory`](crate::Memory), it has the same keys.)
    pub fn retain(mut self, retain: Duration) -> Self {
        self.settings.retain = Some(retain);
        self
    }

    /// The time limit of a `finally`. Default: one minute. After that, the `finally` is dropped and
    /// counts as having run, which its record says. It holds no slot of
    /// [`max_active`](Self::max_active) while it runs.
    pub fn finally_limit(mut self, limit: Duration) -> Self {
        self.settings.finally_limit = limit;
        self
    }

    /// The interval at which the engine reads requests of operators from the store. Default: 250
    /// ms.
    ///
    /// # Panics
    /// If it is zero.
    pub fn inbox_interval(mut self, every: Duration) -> Self {
        assert!(!every.is_zero(), "an interval must last");
        self.settings.inbox_interval = every;
        self
    }

    /// On a store that many workers share: how long this engine may lose contact with the store
    /// before other workers take over its sagas. Default: 30 s. The engine renews its lease every
    /// third of that time. When its lease has ended, it drops its runs, as if the process had
    /// ended, and claims sagas again under a new epoch. A store with one owner has no leases.
    ///
    /// With a longer lease, longer outages cause no take-over; with a shorter lease, the sagas of a
    /// dead process continue sooner.
    ///
    /// # Panics
    /// If it is shorter than 10 ms.
    pub fn lease(mut self, lease: Duration) -> Self {
        assert!(lease >= Duration::from_millis(10), "a lease must last");
        self.settings.lease = lease;
        self
    }

    /// The name of this engine, as operators see it. Default: its process id, and the name of the host
    /// or container.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// Opens the store and continues the sagas in it. In the background, the engine then checks
    /// every saga in flight that no other worker can run, including those that wait for a signal or
    /// are parked: [`Engine::unreadable`] and `saga list --state unreadable` list those that it
    /// cannot continue.
    ///
    /// # Errors
    /// [`EngineError::Store`] if the store cannot be opened, or has another owner;
    /// [`EngineError::RegisteredTwice`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled.
    pub async fn start(self) -> Result<Engine, EngineError> {
        need_timers("Engine");
        if let Some(saga) = self.twice {
            return Err(EngineError::RegisteredTwice { saga });
        }
        let mut entries = self.entries.iter();
        let locks = entries.find(|(_, entry)| entry.definition().takes_locks());
        if let Some((saga, _)) = locks.filter(|_| !self.store.keeps_locks()) {
            let saga = Arc::clone(saga);
            return Err(EngineError::KeepsNoLocks { saga });
        }
        let publish = self.entries.iter();
        let publish = publish.filter(|(_, entry)| entry.definition().publish.is_some());
        let (outbox, kept) = Handing::new();
        let inner = Arc::new(Inner {
            publish: publish.map(|(saga, _)| Arc::clone(saga)).collect(),
            store: self.store,
            in_place: self.in_place,
            sessions: watch::Sender::new(None),
            clock: Clock::system(),
            entries: self.entries,
            definitions: Definitions::default(),
            slots: Arc::new(Semaphore::new(self.settings.max_active)),
            trial: Arc::new(Semaphore::new(1)),
            settings: self.settings,
            wake: Notify::new(),
            outbox,
            ended: Notify::new(),
            tasks: Tasks::default(),
            live: Mutex::default(),
        });
        inner.open_anew().await?;
        let it = || Arc::clone(&inner);
        let tasks = [
            inner.watched("looks for what is due", worker::work(it())),
            inner.watched("renews the lease", keeper::keep(it())),
            inner.watched("delivers events", deliverer::deliver(it(), kept)),
            inner.watched("checks what it can read", review::review(it())),
        ];
        Ok(Engine {
            inner: Arc::clone(&inner),
            owner: Arc::new(Owner(inner, tasks)),
        })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self.inner.live();
        f.debug_struct("Engine")
            .field("epoch", &live.epoch)
            .field("at_hand", &live.at_hand.len())
            .field("stopping", &live.stopping)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WeakEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakEngine")
            .field("gone", &(self.owner.strong_count() == 0))
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
