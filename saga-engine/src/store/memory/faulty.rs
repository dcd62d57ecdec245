//! Failing on purpose.

use crate::store::{
    Change, Commit, Created, DefinitionRow, Delivery, Epoch, EventClaim, EventFilter, EventHold,
    EventRow, EventStat, EventsOf, Filter, Mark, Message, NewSaga, Opened, Peer, ReadStore, Row,
    SagaId, Stat, Store, StoreError, StoreFuture, Stored, Take, Time, Worker,
};
use std::{
    future::pending,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

/// A store that fails on purpose: for tests of what a crash leaves, and of what an unreachable
/// store does.
///
/// It counts writes from 0: the calls of `open`, `renew`, `close`, `define`, `create`, `claim`,
/// `claim_one`, `append`, `release`, `answer`, `claim_events`, `handed_over`, `redeliver`, `purge` and
/// `send`, in the order of their first polls. A test runs once without a fault to learn [how many](Self::writes) there are, and then
/// once for each of them:
///
/// ```
/// use saga_engine::{Faulty, Memory, ReadStore, Store, Worker};
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
/// # Ok::<(), saga_engine::StoreError>(())
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
}

impl<S> Clone for Faulty<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            faults: self.faults.clone(),
            writes: Arc::clone(&self.writes),
            pending: Arc::clone(&self.pending),
            crashed: Arc::clone(&self.crashed),
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
}

impl<S: Store> Faulty<S> {
    /// Wraps a store. It fails nowhere until you say where.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            faults: Faults::default(),
            writes: Arc::default(),
            pending: Arc::default(),
            crashed: Arc::new(watch::Sender::new(false)),
        }
    }

    /// The process ends before this write is done: from then on the future of every call, this
    /// one's included, is pending forever.
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

    /// These writes are not done: [`StoreError::Unavailable`].
    #[must_use]
    pub fn unavailable(mut self, writes: Range<u64>) -> Self {
        self.faults.refused = writes;
        self
    }

    /// These writes are done, but say that they are not: [`StoreError::Unavailable`], as when the
    /// connection is lost before the answer.
    #[must_use]
    pub fn unheard(mut self, writes: Range<u64>) -> Self {
        self.faults.unheard = writes;
        self
    }

    /// These writes say at once that they are not done ([`StoreError::Unavailable`]), and are done
    /// after this delay: as when a statement goes on in a server that the caller has given up. Until
    /// then it has locked what it is about, so that claims find nothing. A tokio runtime is needed.
    #[must_use]
    pub fn late(mut self, writes: Range<u64>, delay: Duration) -> Self {
        self.faults.late = writes;
        self.faults.delay = delay;
        self
    }

    /// The number of writes that have begun.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Waits for the crash.
    pub async fn crashed(&self) {
        // The sender lives as long as `self`.
        let _ = self.crashed.subscribe().wait_for(|crashed| *crashed).await;
    }

    fn write<'a, T: Send + 'a>(
        &'a self,
        write: impl FnOnce(&S) -> StoreFuture<'_, T> + Send + 'static,
    ) -> StoreFuture<'a, T> {
        self.read(move |store| {
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

    /// Nothing begins after a crash, and nothing that was under way is heard of.
    fn read<'a, T: Send + 'a>(
        &'a self,
        call: impl FnOnce(&'a S) -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            self.unless_crashed().await;
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

impl<S: Store> ReadStore for Faulty<S> {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.read(move |store| store.definition(saga, fingerprint))
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        self.read(move |store| store.load(saga))
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        self.read(move |store| store.list(filter))
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.read(move |store| store.stats())
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        self.read(move |store| store.events(filter))
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        self.read(move |store| store.undelivered())
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.write(move |store| store.send(saga, text, at))
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.read(move |store| store.messages())
    }

    fn answer_to(&self, number: u64) -> StoreFuture<'_, Option<String>> {
        self.read(move |store| store.answer_to(number))
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        self.read(move |store| store.workers())
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        self.read(move |store| store.now())
    }
}

impl<S: Store> Store for Faulty<S> {
    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened> {
        self.write(move |store| store.open(worker))
    }

    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time> {
        self.write(move |store| store.renew(epoch))
    }

    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()> {
        self.write(move |store| store.close(epoch))
    }

    fn peers(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Peer>> {
        self.read(move |store| store.peers(epoch))
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.write(move |store| store.define(epoch, definition))
    }

    fn create(
        &self,
        by: Option<Epoch>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created> {
        self.write(move |store| store.create(by, saga, first))
    }

    fn claim(&self, epoch: Epoch, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        if self.is_locked() {
            return Box::pin(async { Ok(Vec::new()) });
        }
        self.write(move |store| store.claim(epoch, limit))
    }

    fn claim_one(&self, epoch: Epoch, saga: SagaId) -> StoreFuture<'_, Take> {
        self.write(move |store| store.claim_one(epoch, saga))
    }

    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>> {
        self.read(move |store| store.next_due(epoch))
    }

    fn append(
        &self,
        epoch: Epoch,
        saga: SagaId,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        self.write(move |store| store.append(epoch, saga, commit, change, answers))
    }

    fn release(
        &self,
        epoch: Epoch,
        saga: SagaId,
        due: Option<Time>,
        mark: Mark,
    ) -> StoreFuture<'_, ()> {
        self.write(move |store| store.release(epoch, saga, due, mark))
    }

    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>> {
        self.read(move |store| store.inbox(epoch))
    }

    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()> {
        self.write(move |store| store.answer(epoch, answers))
    }

    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>> {
        self.read(move |store| store.ended(of))
    }

    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>> {
        if self.is_locked() {
            return Box::pin(async { Ok(Vec::new()) });
        }
        self.write(move |store| store.claim_events(epoch, claim))
    }

    fn next_event(&self, epoch: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>> {
        self.read(move |store| store.next_event(epoch, of))
    }

    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()> {
        self.write(move |store| store.handed_over(epoch, hold, how))
    }

    fn redeliver(&self, epoch: Epoch, saga: SagaId, number: Option<u64>) -> StoreFuture<'_, bool> {
        self.write(move |store| store.redeliver(epoch, saga, number))
    }

    fn changed(&self) -> StoreFuture<'_, ()> {
        self.read(|store| store.changed())
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        self.write(move |store| store.purge(epoch, filter, before))
    }
}
