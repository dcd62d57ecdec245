//! A store that can be cut off from its engine, as by a network, and connected again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use typed_saga::engine::{
    EventFilter, EventRow, EventStat, Filter, Memory, ReadStore, Row, SagaId, Stat, Store,
    StoreError, Time,
    for_stores::{
        Change, Commit, Created, DefinitionRow, Delivery, Epoch, EventChange, EventClaim,
        EventHold, EventsOf, Freed, Hold, LockFilter, LockKey, LockRow, Mark, Message, NewSaga,
        Opened, Peer, StoreFuture, Stored, Take, Turn, Worker,
    },
};

/// Clones are cut off together.
#[derive(Clone)]
pub(crate) struct Cut {
    store: Memory,
    off: Arc<AtomicBool>,
}

impl Cut {
    pub(crate) fn new(store: &Memory) -> Self {
        Self {
            store: store.clone(),
            off: Arc::default(),
        }
    }

    /// Whether nothing reaches the store.
    pub(crate) fn set(&self, off: bool) {
        self.off.store(off, Ordering::SeqCst);
    }

    fn unless_cut<'a, T: Send + 'a>(
        &'a self,
        call: impl FnOnce(&'a Memory) -> StoreFuture<'a, T> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move {
            if self.off.load(Ordering::SeqCst) {
                return Err(StoreError::unavailable("cut off on purpose"));
            }
            call(&self.store).await
        })
    }
}

/// The answer to a message, if it has one.
pub(crate) async fn answer_to(store: &dyn ReadStore, number: u64) -> Option<String> {
    store.message(number).await.unwrap()?.answer
}

macro_rules! all {
    ($($method:ident($($arg:ident: $of:ty),*) -> $gives:ty;)*) => {$(
        fn $method(&self, $($arg: $of),*) -> StoreFuture<'_, $gives> {
            self.unless_cut(move |store| store.$method($($arg),*))
        }
    )*};
}

impl ReadStore for Cut {
    all! {
        definition(saga: Arc<str>, fingerprint: u64) -> Option<DefinitionRow>;
        in_use() -> Vec<DefinitionRow>;
        load(saga: SagaId) -> Option<Stored>;
        list(filter: Filter) -> Vec<Row>;
        stats() -> Vec<Stat>;
        events(filter: EventFilter) -> Vec<EventRow>;
        locks(filter: LockFilter) -> Vec<LockRow>;
        free(key: LockKey, saga: SagaId, text: String, at: Time) -> Freed;
        is_untried(saga: SagaId) -> bool;
        undelivered() -> Vec<EventStat>;
        messages() -> Vec<Message>;
        send(saga: SagaId, text: String, at: Time) -> u64;
        message(number: u64) -> Option<Message>;
        workers() -> Vec<String>;
        now() -> Time;
    }
}

impl Store for Cut {
    all! {
        open(worker: Worker) -> Opened;
        renew(epoch: Epoch) -> Time;
        close(epoch: Epoch) -> ();
        peers(epoch: Epoch) -> Vec<Peer>;
        define(epoch: Epoch, definition: DefinitionRow) -> ();
        create(by: Option<(Epoch, Turn)>, saga: NewSaga, first: Option<Commit>) -> Created;
        claim(epoch: Epoch, turn: Turn, limit: usize) -> Vec<SagaId>;
        claim_suspect(epoch: Epoch, turn: Turn) -> Option<SagaId>;
        claim_one(epoch: Epoch, turn: Turn, saga: SagaId, from: Option<Turn>) -> Take;
        next_due(epoch: Epoch) -> Option<Time>;
        append(
            epoch: Epoch, hold: Hold, commit: Commit, change: Option<Change>,
            answers: Vec<(u64, String)>
        ) -> ();
        release(epoch: Epoch, hold: Hold, due: Option<Time>, mark: Mark, answers: Vec<(u64, String)>) -> ();
        inbox(epoch: Epoch) -> Vec<Message>;
        answer(epoch: Epoch, answers: Vec<(u64, String)>) -> ();
        ended(of: Vec<SagaId>) -> Vec<SagaId>;
        claim_events(epoch: Epoch, claim: EventClaim) -> Vec<EventRow>;
        next_event(epoch: Epoch, of: EventsOf) -> Option<Time>;
        handed_over(epoch: Epoch, hold: EventHold, how: Delivery) -> ();
        decide(epoch: Epoch, saga: SagaId, number: u64, change: EventChange, answer: Option<(u64, String)>) -> bool;
        purge(epoch: Epoch, filter: Filter, before: Time) -> u64;
        purge_one(epoch: Epoch, saga: SagaId, text: String) -> Option<u64>;
    }
}
