//! A store that fails on purpose.

use std::{
    future::pending,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::sleep};
use typed_saga_engine::{
    Change, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim, EventFilter,
    EventHold, EventRow, EventStat, EventsOf, Filter, Freed, Hold, LockFilter, LockKey, LockRow,
    Mark, Message, NewSaga, Opened, Peer, ReadStore, Row, SagaId, Stat, Store, StoreError,
    StoreFuture, Stored, Take, Time, Turn, Worker,
};

/// A store that fails on purpose, for tests of the state that a crash leaves behind, and of how an
/// unreachable store is handled.
///
/// It counts writes from 0: the calls of `open`, `renew`, `close`, `define`, `create`, `claim`,
/// `claim_one`, `append`, `release`, `answer`, `claim_events`, `handed_over`, `decide`, `purge`,
/// `purge_one`, `send` and `free`, in the order of their first polls. A test runs once without a fault to learn
/// [how many](Self::writes) there are, and then once for each of them:
///
/// ```
/// use typed_saga_conformance::Faulty;
/// use typed_saga_engine::{Memory, ReadStore, Store, Worker};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let disk = Memory::new();
/// let store = Faulty::new(disk.clone()).crash_after(0);
/// let worker = Worker {
///     name: "an engine".into(),
///     lease: Duration::from_secs(30),
///     runs: Vec::new(),
///     after: None,
/// };
/// tokio::select! {
///     _ = store.open(worker) => unreachable!("nobody hears of it"),
///     () = store.crashed() => {}
/// }
/// assert_eq!(disk.workers().await?, ["an engine"]);
/// # Ok::<(), typed_saga_engine::StoreError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Faulty<S> {
    store: Arc<S>,
    faults: Faults,
    writes: Arc<AtomicU64>,
    /// The number of late writes that are not done yet.
    pending: Arc<AtomicU64>,
    crashed: Arc<watch::Sender<bool>>,
    /// The method whose next call panics.
    panics: Arc<Mutex<Option<&'static str>>>,
}

impl<S> Clone for Faulty<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            faults: self.faults.clone(),
            writes: Arc::clone(&self.writes),
            pending: Arc::clone(&self.pending),
            crashed: Arc::clone(&self.crashed),
            panics: Arc::clone(&self.panics),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Faults {
    crash_before: Option<u64>,
    crash_after: Option<u64>,
    refused: Range<u64>,
    unheard: Range<u64>,
    late: Range<u64>,
    delay: Duration,
    answers_after: Duration,
}

impl<S: Store> Faulty<S> {
    /// Wraps a store. It does not fail until you configure a fault.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            faults: Faults::default(),
            writes: Arc::default(),
            pending: Arc::default(),
            crashed: Arc::new(watch::Sender::new(false)),
            panics: Arc::default(),
        }
    }

    /// The process ends before this write is done: from then on the future of every call, including
    /// this one, is pending forever.
    #[must_use]
    pub fn crash_before(mut self, write: u64) -> Self {
        self.faults.crash_before = Some(write);
        self
    }

    /// The process ends after this write, before its caller learns of it: from then on the future
    /// of every call is pending forever.
    #[must_use]
    pub fn crash_after(mut self, write: u64) -> Self {
        self.faults.crash_after = Some(write);
        self
    }

    /// These writes are not done, and return [`StoreError::Unavailable`].
    #[must_use]
    pub fn unavailable(mut self, writes: Range<u64>) -> Self {
        self.faults.refused = writes;
        self
    }

    /// These writes are done, but return [`StoreError::Unavailable`], as when the connection is
    /// lost before the answer.
    #[must_use]
    pub fn unheard(mut self, writes: Range<u64>) -> Self {
        self.faults.unheard = writes;
        self
    }

    /// These writes return [`StoreError::Unavailable`] immediately, but are done after this delay,
    /// as when a statement continues in a server after the caller has given up. Until then the
    /// write locks its rows, so that claims find nothing. A tokio runtime is needed.
    #[must_use]
    pub fn late(mut self, writes: Range<u64>, delay: Duration) -> Self {
        self.faults.late = writes;
        self.faults.delay = delay;
        self
    }

    /// The answer to each write takes so long. A tokio runtime is needed.
    #[must_use]
    pub fn answers_after(mut self, delay: Duration) -> Self {
        self.faults.answers_after = delay;
        self
    }

    /// The number of writes that have begun.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// The process ends now, by whatever it does besides writing: from here on the future of every call
    /// is pending forever.
    pub fn crash_now(&self) {
        self.crashed.send_replace(true);
    }

    /// The next call of this method panics.
    pub fn panic_in(&self, method: &'static str) {
        *self.panics() = Some(method);
    }

    /// Whether the call that is to panic has not come yet.
    #[must_use]
    pub fn is_to_panic(&self) -> bool {
        self.panics().is_some()
    }

    fn panics(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Panics if this is the call that is to.
    fn enter(&self, method: &str) {
        let panics = self.panics().take_if(|it| *it == method).is_some();
        assert!(!panics, "the store panics in `{method}`, on purpose");
    }

    /// Waits for the crash.
    pub async fn crashed(&self) {
        // The sender lives as long as `self`.
        let _ = self.crashed.subscribe().wait_for(|crashed| *crashed).await;
    }

    fn write<'a, T: Send + 'a>(
        &'a self,
        method: &'static str,
        write: impl FnOnce(&S) -> StoreFuture<'_, T> + Send + 'static,
    ) -> StoreFuture<'a, T> {
        self.read(method, move |store| {
            Box::pin(async move {
                let number = self.writes.fetch_add(1, Ordering::SeqCst);
                if self.faults.late.contains(&number) {
                    let (store, delay) = (Arc::clone(&self.store), self.faults.delay);
                    let pending = Arc::clone(&self.pending);
                    pending.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(async move {
                        sleep(delay).await;
                        drop(write(&store).await);
                        pending.fetch_sub(1, Ordering::SeqCst);
                    });
                    return Err(fault());
                }
                if self.faults.crash_before == Some(number) {
                    return self.crash().await;
                }
                if self.faults.refused.contains(&number) {
                    return Err(fault());
                }
                let result = write(store).await;
                if !self.faults.answers_after.is_zero() {
                    sleep(self.faults.answers_after).await;
                }
                if self.faults.crash_after == Some(number) {
                    return self.crash().await;
                }
                if self.faults.unheard.contains(&number) {
                    return Err(fault());
                }
                result
            })
        })
    }

    /// After a crash, no call begins, and no running call returns.
    fn read<'a, T: Send + 'a>(
        &'a self,
        method: &'static str,
        call: impl FnOnce(&'a S) -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            self.unless_crashed().await;
            self.enter(method);
            let result = call(&self.store).await;
            self.unless_crashed().await;
            result
        })
    }

    fn is_locked(&self) -> bool {
        self.pending.load(Ordering::SeqCst) > 0
    }

    async fn unless_crashed(&self) {
        if *self.crashed.borrow() {
            pending::<()>().await;
        }
    }

    async fn crash<T>(&self) -> T {
        self.crashed.send_replace(true);
        pending().await
    }
}

fn fault() -> StoreError {
    StoreError::unavailable("a fault on purpose")
}

/// Implements methods that pass a call on, as one that reads or as one that writes.
macro_rules! pass_on {
    ($($how:ident fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        $(fn $name(&self, $($arg: $ty),*) -> StoreFuture<'_, $out> {
            self.$how(stringify!($name), move |store| store.$name($($arg),*))
        })*
    };
}

impl<S: Store> ReadStore for Faulty<S> {
    pass_on! {
        read fn definition(saga: Arc<str>, fingerprint: u64) -> Option<DefinitionRow>;
        read fn in_use() -> Vec<DefinitionRow>;
        read fn load(saga: SagaId) -> Option<Stored>;
        read fn list(filter: Filter) -> Vec<Row>;
        read fn stats() -> Vec<Stat>;
        read fn events(filter: EventFilter) -> Vec<EventRow>;
        read fn locks(filter: LockFilter) -> Vec<LockRow>;
        write fn free(key: LockKey, saga: SagaId, text: String, at: Time) -> Freed;
        read fn is_untried(saga: SagaId) -> bool;
        read fn undelivered() -> Vec<EventStat>;
        write fn send(saga: SagaId, text: String, at: Time) -> u64;
        read fn messages() -> Vec<Message>;
        read fn message(number: u64) -> Option<Message>;
        read fn check() -> Option<Vec<String>>;
        read fn workers() -> Vec<String>;
        read fn now() -> Time;
    }
}

impl<S: Store> Store for Faulty<S> {
    fn keeps_locks(&self) -> bool {
        self.store.keeps_locks()
    }

    pass_on! {
        write fn open(worker: Worker) -> Opened;
        write fn renew(epoch: Epoch) -> Time;
        write fn close(epoch: Epoch) -> ();
        read fn peers(epoch: Epoch) -> Vec<Peer>;
        write fn define(epoch: Epoch, definition: DefinitionRow) -> ();
        write fn create(by: Option<(Epoch, Turn)>, saga: NewSaga, first: Option<Commit>) -> Created;
        write fn claim_one(epoch: Epoch, turn: Turn, saga: SagaId, from: Option<Turn>) -> Take;
        read fn next_due(epoch: Epoch) -> Option<Time>;
        write fn append(
            epoch: Epoch, hold: Hold, commit: Commit, change: Option<Change>,
            answers: Vec<(u64, String)>
        ) -> ();
        write fn release(epoch: Epoch, hold: Hold, due: Option<Time>, mark: Mark, answers: Vec<(u64, String)>) -> ();
        read fn inbox(epoch: Epoch) -> Vec<Message>;
        write fn answer(epoch: Epoch, answers: Vec<(u64, String)>) -> ();
        read fn ended(of: Vec<SagaId>) -> Vec<SagaId>;
        read fn next_event(epoch: Epoch, of: EventsOf) -> Option<Time>;
        write fn handed_over(epoch: Epoch, hold: EventHold, how: Delivery) -> ();
        write fn decide(epoch: Epoch, saga: SagaId, number: u64, change: EventChange, answer: Option<(u64, String)>) -> bool;
        read fn changed() -> ();
        write fn purge(epoch: Epoch, filter: Filter, before: Time) -> u64;
        write fn purge_one(epoch: Epoch, saga: SagaId, text: String) -> Option<u64>;
        write fn vacuum(epoch: Epoch) -> bool;
    }

    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        if self.is_locked() {
            return Box::pin(async { Ok(Vec::new()) });
        }
        self.write("claim", move |store| store.claim(epoch, turn, limit))
    }

    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>> {
        if self.is_locked() {
            return Box::pin(async { Ok(None) });
        }
        self.write("claim_suspect", move |store| {
            store.claim_suspect(epoch, turn)
        })
    }

    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>> {
        if self.is_locked() {
            return Box::pin(async { Ok(Vec::new()) });
        }
        self.write("claim_events", move |store| {
            store.claim_events(epoch, claim)
        })
    }
}
