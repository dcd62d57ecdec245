//! A store that answers some calls late, or not at all.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, task::block_in_place, time::sleep};
use typed_saga::engine::{
    EventFilter, EventRow, EventStat, Filter, Memory, ReadStore, Row, SagaId, Stat, Store,
    StoreError, Time,
    for_stores::{
        Change, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
        EventHold, EventsOf, Freed, Hold, LockFilter, LockKey, LockRow, Mark, Message, NewSaga,
        Opened, Peer, StoreFuture, Stored, Take, Turn, Worker,
    },
};

/// Clones share what is to go wrong.
#[derive(Clone)]
pub(crate) struct Troubled {
    store: Memory,
    /// Loads that are not answered.
    pub(crate) loads: Arc<AtomicU32>,
    /// Claims that are done, and not heard of.
    pub(crate) claims: Arc<AtomicU32>,
    /// How many sagas could not be created, if none can; each error has its number.
    pub(crate) uncreated: Option<Arc<AtomicU32>>,
    /// How late an append is answered that is done, or a claim of one saga, or of events.
    pub(crate) late: Duration,
    /// How late the messages are told that there were at the time of the call.
    pub(crate) late_inbox: Duration,
    /// How late the sagas are listed that there were at the time of the call.
    pub(crate) late_list: Duration,
    /// Commits with this text are on their way for so long, whatever becomes of who writes them. Nobody
    /// claims the saga meanwhile.
    pub(crate) held: Option<(&'static str, Duration)>,
    row: Arc<Mutex<()>>,
    /// Appends that blocked the thread of their task.
    pub(crate) blocked: Arc<AtomicU32>,
    in_place: bool,
}

impl Troubled {
    pub(crate) fn new(store: &Memory) -> Self {
        Self {
            store: store.clone(),
            loads: Arc::default(),
            claims: Arc::default(),
            uncreated: None,
            late: Duration::ZERO,
            late_inbox: Duration::ZERO,
            late_list: Duration::ZERO,
            held: None,
            row: Arc::default(),
            blocked: Arc::default(),
            in_place: false,
        }
    }

    async fn answer_late(&self) {
        if !self.late.is_zero() {
            sleep(self.late).await;
        }
    }
}

/// Whether this call goes wrong.
fn fails(left: &AtomicU32) -> bool {
    let less = |left: u32| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

impl ReadStore for Troubled {
    fn definition(
        &self,
        saga: Arc<str>,
        fingerprint: u64,
    ) -> StoreFuture<'_, Option<DefinitionRow>> {
        self.store.definition(saga, fingerprint)
    }

    fn in_use(&self) -> StoreFuture<'_, Vec<DefinitionRow>> {
        self.store.in_use()
    }

    fn load(&self, saga: SagaId) -> StoreFuture<'_, Option<Stored>> {
        Box::pin(async move {
            if fails(&self.loads) {
                return Err(StoreError::unavailable("a load on purpose"));
            }
            self.store.load(saga).await
        })
    }

    fn list(&self, filter: Filter) -> StoreFuture<'_, Vec<Row>> {
        Box::pin(async move {
            let listed = self.store.list(filter).await;
            sleep(self.late_list).await;
            listed
        })
    }

    fn stats(&self) -> StoreFuture<'_, Vec<Stat>> {
        self.store.stats()
    }

    fn send(&self, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, u64> {
        self.store.send(saga, text, at)
    }

    fn events(&self, filter: EventFilter) -> StoreFuture<'_, Vec<EventRow>> {
        self.store.events(filter)
    }

    fn locks(&self, filter: LockFilter) -> StoreFuture<'_, Vec<LockRow>> {
        self.store.locks(filter)
    }

    fn free(&self, key: LockKey, saga: SagaId, text: String, at: Time) -> StoreFuture<'_, Freed> {
        self.store.free(key, saga, text, at)
    }

    fn is_untried(&self, saga: SagaId) -> StoreFuture<'_, bool> {
        self.store.is_untried(saga)
    }

    fn undelivered(&self) -> StoreFuture<'_, Vec<EventStat>> {
        self.store.undelivered()
    }

    fn messages(&self) -> StoreFuture<'_, Vec<Message>> {
        self.store.messages()
    }

    fn message(&self, number: u64) -> StoreFuture<'_, Option<Message>> {
        self.store.message(number)
    }

    fn workers(&self) -> StoreFuture<'_, Vec<String>> {
        self.store.workers()
    }

    fn now(&self) -> StoreFuture<'_, Time> {
        self.store.now()
    }
}

impl Store for Troubled {
    fn in_place(&self) -> Option<Self> {
        let in_place = true;
        Some(Self {
            in_place,
            ..self.clone()
        })
    }

    fn append(
        &self,
        epoch: Epoch,
        hold: Hold,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            if self.in_place {
                block_in_place(|| self.blocked.fetch_add(1, Ordering::SeqCst));
            }
            let held = self.held.filter(|(text, _)| commit.records.contains(text));
            if let Some((_, time)) = held {
                let (store, row) = (self.store.clone(), Arc::clone(&self.row));
                let write = tokio::spawn(async move {
                    let _row = row.lock().await;
                    sleep(time).await;
                    let append = store.append(epoch, hold, commit, change, answers);
                    append.await
                });
                return write.await.unwrap();
            }
            let append = self.store.append(epoch, hold, commit, change, answers);
            append.await?;
            self.answer_late().await;
            Ok(())
        })
    }

    fn open(&self, worker: Worker) -> StoreFuture<'_, Opened> {
        self.store.open(worker)
    }

    fn renew(&self, epoch: Epoch) -> StoreFuture<'_, Time> {
        self.store.renew(epoch)
    }

    fn close(&self, epoch: Epoch) -> StoreFuture<'_, ()> {
        self.store.close(epoch)
    }

    fn peers(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Peer>> {
        self.store.peers(epoch)
    }

    fn define(&self, epoch: Epoch, definition: DefinitionRow) -> StoreFuture<'_, ()> {
        self.store.define(epoch, definition)
    }

    fn create(
        &self,
        by: Option<(Epoch, Turn)>,
        saga: NewSaga,
        first: Option<Commit>,
    ) -> StoreFuture<'_, Created> {
        if let Some(uncreated) = &self.uncreated {
            let number = uncreated.fetch_add(1, Ordering::SeqCst);
            return Box::pin(ready(Err(StoreError::unavailable(number.to_string()))));
        }
        self.store.create(by, saga, first)
    }

    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        Box::pin(async move {
            if self.row.try_lock().is_err() {
                return Ok(Vec::new());
            }
            let claimed = self.store.claim(epoch, turn, limit).await?;
            if fails(&self.claims) {
                return Err(StoreError::unavailable("a claim on purpose"));
            }
            Ok(claimed)
        })
    }

    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>> {
        self.store.claim_suspect(epoch, turn)
    }

    fn claim_one(
        &self,
        epoch: Epoch,
        turn: Turn,
        saga: SagaId,
        from: Option<Turn>,
    ) -> StoreFuture<'_, Take> {
        Box::pin(async move {
            drop(self.row.lock().await);
            let taken = self.store.claim_one(epoch, turn, saga, from).await?;
            if fails(&self.claims) {
                return Err(StoreError::unavailable("a claim on purpose"));
            }
            self.answer_late().await;
            Ok(taken)
        })
    }

    fn next_due(&self, epoch: Epoch) -> StoreFuture<'_, Option<Time>> {
        self.store.next_due(epoch)
    }

    fn release(
        &self,
        epoch: Epoch,
        hold: Hold,
        due: Option<Time>,
        mark: Mark,
        answers: Vec<(u64, String)>,
    ) -> StoreFuture<'_, ()> {
        self.store.release(epoch, hold, due, mark, answers)
    }

    fn inbox(&self, epoch: Epoch) -> StoreFuture<'_, Vec<Message>> {
        Box::pin(async move {
            let messages = self.store.inbox(epoch).await?;
            sleep(self.late_inbox).await;
            Ok(messages)
        })
    }

    fn answer(&self, epoch: Epoch, answers: Vec<(u64, String)>) -> StoreFuture<'_, ()> {
        self.store.answer(epoch, answers)
    }

    fn ended(&self, of: Vec<SagaId>) -> StoreFuture<'_, Vec<SagaId>> {
        self.store.ended(of)
    }

    fn claim_events(&self, epoch: Epoch, claim: EventClaim) -> StoreFuture<'_, Vec<EventRow>> {
        Box::pin(async move {
            let claimed = self.store.claim_events(epoch, claim).await?;
            self.answer_late().await;
            Ok(claimed)
        })
    }

    fn next_event(&self, epoch: Epoch, of: EventsOf) -> StoreFuture<'_, Option<Time>> {
        self.store.next_event(epoch, of)
    }

    fn handed_over(&self, epoch: Epoch, hold: EventHold, how: Delivery) -> StoreFuture<'_, ()> {
        self.store.handed_over(epoch, hold, how)
    }

    fn decide(
        &self,
        epoch: Epoch,
        saga: SagaId,
        number: u64,
        change: EventChange,
        answer: Option<(u64, String)>,
    ) -> StoreFuture<'_, bool> {
        self.store.decide(epoch, saga, number, change, answer)
    }

    fn purge(&self, epoch: Epoch, filter: Filter, before: Time) -> StoreFuture<'_, u64> {
        self.store.purge(epoch, filter, before)
    }

    fn purge_one(&self, epoch: Epoch, saga: SagaId, text: String) -> StoreFuture<'_, Option<u64>> {
        self.store.purge_one(epoch, saga, text)
    }
}
