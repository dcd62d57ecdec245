//! The engine: what it is made of, how it starts and stops.
//!
//! ```text
//!  submit ──▶ task { driver { run } } ◀── worker ◀── store: what is due, what is asked
//!                 │       one for each saga at hand
//!                 ▼
//!               store
//! ```
//!
//! A saga is *at hand* while a task of this engine has it: it runs, or waits for a moment. All
//! others are rows in the store.

use crate::{
    clock::Clock,
    error::EngineError,
    journal::schema::Definitions,
    runtime::deliverer,
    runtime::inner::{Inner, PAUSE, Settings},
    runtime::keeper,
    runtime::review,
    runtime::run::{Entry, Registered},
    runtime::tasks::Tasks,
    runtime::worker,
    store::{SagaId, Store},
};
use saga_core::{Durable, Observer, Services};
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

/// How many bytes of JSON an effect may have.
pub(crate) const EFFECT_LIMIT: usize = 1 << 20;
/// How many items a loop may have.
pub(crate) const ITEMS_LIMIT: usize = 10_000;
/// How long a `finally` may take.
pub(crate) const FINALLY_LIMIT: Duration = Duration::from_secs(60);

/// Runs durable sagas and keeps them in a store: what it has begun outlasts the process.
///
/// Clones are handles onto the same engine. When the last one is dropped, its runs stop where they
/// are, as if the process had ended there; [`shutdown`](Self::shutdown) lets them come to rest
/// before.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
    owner: Arc<Owner>,
}

/// A handle onto an engine that keeps neither it nor its store: for a service that submits sagas
/// for as long as there is an engine, and must not have the store owned after that. Given by
/// [`Engine::downgrade`].
///
/// Once the engine was shut down or dropped, [`submit`](Self::submit) gives
/// [`EngineError::Stopped`].
#[derive(Clone)]
pub struct WeakEngine {
    pub(crate) inner: Weak<Inner>,
    owner: Weak<Owner>,
}

impl WeakEngine {
    /// The engine, unless its last handle was dropped. It is kept for as long as what this gives.
    #[must_use]
    pub fn upgrade(&self) -> Option<Engine> {
        Some(Engine {
            owner: self.owner.upgrade()?,
            inner: self.inner.upgrade()?,
        })
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

/// An engine that is being put together.
#[must_use = "an engine does nothing until it is started"]
pub struct Builder {
    store: Arc<dyn Store>,
    in_place: Option<Arc<dyn Store>>,
    pub(crate) entries: HashMap<Arc<str>, Arc<dyn Entry>>,
    twice: Option<&'static str>,
    settings: Settings,
}

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
                effect_limit: EFFECT_LIMIT,
                items_limit: ITEMS_LIMIT,
                recovery_rate: 1000,
                inbox_interval: Duration::from_millis(250),
                finally_limit: FINALLY_LIMIT,
                lease: Duration::from_secs(30),
                name: format!("process {}", std::process::id()).into(),
                retain: None,
                observers: Vec::new(),
            },
        }
    }

    /// A handle that keeps neither the engine nor its store.
    #[must_use]
    pub fn downgrade(&self) -> WeakEngine {
        WeakEngine {
            inner: Arc::downgrade(&self.inner),
            owner: Arc::downgrade(&self.owner),
        }
    }

    /// Takes up no further saga, lets the calls that run end, and records how: then nothing is in
    /// doubt. Calls that have not ended after `limit` are cut off, as if the process had ended
    /// there; their sagas are given back. The same holds for events that are being handed over.
    ///
    /// Gives the sagas whose calls were cut off, if any: whether those calls acted is in doubt.
    ///
    /// The engine's tasks have ended by then, unless a call blocks its thread: once the last [`Engine`] is
    /// dropped, another one can open the store.
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
        inner.outbox.notify_one();
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
        // Whether they have ended is looked at below.
        drop(tokio::time::timeout(limit, all).await);
        let left = inner.live().at_hand.keys().cloned().collect();
        self.owner.stop();
        if let Some(session) = inner.current() {
            // A store that cannot be asked now lets the sagas go when the lease ends.
            drop(tokio::time::timeout(PAUSE, inner.store.close(session.epoch)).await);
        }
        // A task that was aborted holds the store until it is dropped. One that blocks its thread is not
        // waited for.
        drop(tokio::time::timeout(PAUSE, inner.tasks.gone()).await);
        left
    }
}

impl Builder {
    /// Has the engine run the sagas of a declaration, with these services: the struct that `saga!`
    /// declares beside it, named after the saga and `Services`.
    pub fn register<S: Durable>(mut self, services: impl Services<S>) -> Self {
        let saga = &*S::DEFINITION.name;
        let entry = Arc::new(Registered::<S, _>::new(services));
        if self.entries.insert(saga.into(), entry).is_some() {
            self.twice = Some(saga);
        }
        self
    }

    /// Has an observer hear of everything that happens in all runs of this engine; several may. It
    /// hears of what happens before that is on record: after a crash it may hear of it again.
    pub fn observe(mut self, observer: impl Observer) -> Self {
        self.settings.observers.push(Arc::new(observer));
        self
    }

    /// How many sagas are at hand at once, at most: 1,024 unless this says otherwise. The others
    /// wait for a slot, in the store.
    ///
    /// # Panics
    /// If it is none.
    pub fn max_active(mut self, sagas: usize) -> Self {
        assert!(sagas > 0, "an engine must be able to run a saga");
        self.settings.max_active = sagas.min(Semaphore::MAX_PERMITS);
        self
    }

    /// How long a wait must be for the saga to give up its slot and its memory meanwhile: 10 s
    /// unless this says otherwise.
    pub fn unload_after(mut self, wait: Duration) -> Self {
        self.settings.unload_after = wait;
        self
    }

    /// How many bytes of JSON the inputs, an effect, an item of a loop or the output of a saga may
    /// have: 1 MiB unless this says otherwise.
    pub fn effect_limit(mut self, bytes: usize) -> Self {
        self.settings.effect_limit = bytes;
        self
    }

    /// How many items a loop may have: 10,000 unless this says otherwise. One that has more fails
    /// before anything is done with one of them.
    pub fn items_limit(mut self, items: usize) -> Self {
        self.settings.items_limit = items;
        self
    }

    /// How many sagas are taken up per second, at most, when the engine starts and finds what an
    /// earlier one left: 1,000 unless this says otherwise. Each waits for a random moment of its
    /// share, so that the other side is not run over.
    ///
    /// # Panics
    /// If it is none.
    pub fn recovery_rate(mut self, per_second: u32) -> Self {
        assert!(per_second > 0, "an engine must recover something");
        self.settings.recovery_rate = per_second;
        self
    }

    /// Purges sagas that have ended, and are not parked, this long after their last change. Unless
    /// this is said they are kept until purged by hand: the id of a purged saga may be submitted
    /// again, and then runs again, under the same keys: a service that remembers keys for longer
    /// takes its calls for repetitions.
    pub fn retain(mut self, retain: Duration) -> Self {
        self.settings.retain = Some(retain);
        self
    }

    /// How long a `finally` may take: a minute unless this says otherwise. Then it is dropped, and
    /// counts as having run; its record says so. It takes no slot while it runs.
    pub fn finally_limit(mut self, limit: Duration) -> Self {
        self.settings.finally_limit = limit;
        self
    }

    /// How often the store is asked for messages of people: every 250 ms unless this says
    /// otherwise.
    ///
    /// # Panics
    /// If it is zero: the store would be asked without a pause.
    pub fn inbox_interval(mut self, every: Duration) -> Self {
        assert!(!every.is_zero(), "an interval must last");
        self.settings.inbox_interval = every;
        self
    }

    /// How long this engine may be out of touch with a store that many share before others take its
    /// sagas over: 30 s unless this says otherwise. It renews its lease at each third of that. When
    /// the lease has ended, it drops its runs as if the process had ended there, and begins anew. A
    /// store with one owner has no leases.
    ///
    /// A longer lease rides out longer disturbances; a shorter one has the sagas of a process that
    /// died go on sooner.
    ///
    /// # Panics
    /// If it is shorter than 10 ms.
    pub fn lease(mut self, lease: Duration) -> Self {
        assert!(lease >= Duration::from_millis(10), "a lease must last");
        self.settings.lease = lease;
        self
    }

    /// What people are told this engine is called: the number of its process unless this says
    /// otherwise.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// Opens the store, and takes up what is left in it. It then looks at all that is in flight and that
    /// no other worker can run, also at what waits for a signal or is parked: [`Engine::unreadable`]
    /// and `saga list --state unreadable` list what it cannot continue.
    ///
    /// # Errors
    /// [`EngineError::Store`] if the store cannot be opened, or has another owner;
    /// [`EngineError::RegisteredTwice`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled.
    pub async fn start(self) -> Result<Engine, EngineError> {
        if let Some(saga) = self.twice {
            return Err(EngineError::RegisteredTwice { saga });
        }
        let publish = self.entries.iter();
        let publish = publish.filter(|(_, entry)| entry.definition().publish.is_some());
        let inner = Arc::new(Inner {
            publish: publish.map(|(saga, _)| Arc::clone(saga)).collect(),
            store: self.store,
            in_place: self.in_place,
            sessions: watch::Sender::new(None),
            clock: Clock::system(),
            entries: self.entries,
            definitions: Definitions::default(),
            slots: Arc::new(Semaphore::new(self.settings.max_active)),
            settings: self.settings,
            wake: Notify::new(),
            outbox: Notify::new(),
            ended: Notify::new(),
            tasks: Tasks::default(),
            live: Mutex::default(),
        });
        inner.open_anew().await?;
        let tasks = [
            inner.tasks.spawn(worker::work(Arc::clone(&inner))),
            inner.tasks.spawn(keeper::keep(Arc::clone(&inner))),
            inner.tasks.spawn(deliverer::deliver(Arc::clone(&inner))),
            inner.tasks.spawn(review::review(Arc::clone(&inner))),
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
