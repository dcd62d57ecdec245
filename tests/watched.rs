//! A store that watches how often each saga is taken up. A saga that is released and claimed over and
//! over stops a paused clock: nothing ever fails, and nothing ever ends.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, advance},
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

/// How often a saga may be taken up within a second of tokio's clock.
const MOST: usize = 50;

/// A store in memory. Clones watch together.
#[derive(Clone)]
pub(crate) struct Watched {
    store: Memory,
    keeps_locks: bool,
    seen: Arc<Mutex<Seen>>,
    too_often: watch::Sender<Option<String>>,
}

/// How often each saga was taken up, and when the last times.
type Seen = BTreeMap<SagaId, (usize, VecDeque<Instant>)>;

impl Watched {
    pub(crate) fn new(store: &Memory) -> Self {
        Self {
            store: store.clone(),
            keeps_locks: store.keeps_locks(),
            seen: Arc::default(),
            too_often: watch::Sender::new(None),
        }
    }

    /// The same store for sagas that take no locks.
    pub(crate) fn without_locks(self) -> Self {
        Self {
            keeps_locks: false,
            ..self
        }
    }

    /// How often a saga was taken up.
    pub(crate) fn times(&self, saga: &SagaId) -> usize {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(saga).map_or(0, |(times, _)| *times)
    }

    /// Waits until some saga is taken up too often, and says which.
    pub(crate) async fn too_often(&self) -> String {
        let mut said = self.too_often.subscribe();
        let said = said.wait_for(Option::is_some).await;
        said.ok().and_then(|why| why.clone()).unwrap_or_default()
    }

    fn taken_up(&self, saga: &SagaId) {
        let now = Instant::now();
        let within = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let (times, last) = seen.entry(saga.clone()).or_default();
            *times += 1;
            last.push_back(now);
            while last
                .front()
                .is_some_and(|at| now - *at >= Duration::from_secs(1))
            {
                last.pop_front();
            }
            last.len()
        };
        if within > MOST {
            let times = self.times(saga);
            self.too_often.send_replace(Some(format!(
                "{saga} was taken up {times} times, {within} of them within a second"
            )));
        }
    }
}

macro_rules! all {
    ($($method:ident($($arg:ident: $of:ty),*) -> $gives:ty;)*) => {$(
        fn $method(&self, $($arg: $of),*) -> StoreFuture<'_, $gives> {
            self.store.$method($($arg),*)
        }
    )*};
}

impl ReadStore for Watched {
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

impl Store for Watched {
    fn keeps_locks(&self) -> bool {
        self.keeps_locks
    }

    fn claim(&self, epoch: Epoch, turn: Turn, limit: usize) -> StoreFuture<'_, Vec<SagaId>> {
        Box::pin(async move {
            let claimed = self.store.claim(epoch, turn, limit).await?;
            for saga in &claimed {
                self.taken_up(saga);
            }
            Ok::<_, StoreError>(claimed)
        })
    }

    fn claim_suspect(&self, epoch: Epoch, turn: Turn) -> StoreFuture<'_, Option<SagaId>> {
        Box::pin(async move {
            let claimed = self.store.claim_suspect(epoch, turn).await?;
            if let Some(saga) = &claimed {
                self.taken_up(saga);
            }
            Ok::<_, StoreError>(claimed)
        })
    }

    fn claim_one(
        &self,
        epoch: Epoch,
        turn: Turn,
        saga: SagaId,
        from: Option<Turn>,
    ) -> StoreFuture<'_, Take> {
        Box::pin(async move {
            let take = self
                .store
                .claim_one(epoch, turn, saga.clone(), from)
                .await?;
            if take == Take::Mine {
                self.taken_up(&saga);
            }
            Ok::<_, StoreError>(take)
        })
    }

    all! {
        open(worker: Worker) -> Opened;
        renew(epoch: Epoch) -> Time;
        close(epoch: Epoch) -> ();
        peers(epoch: Epoch) -> Vec<Peer>;
        define(epoch: Epoch, definition: DefinitionRow) -> ();
        create(by: Option<(Epoch, Turn)>, saga: NewSaga, first: Option<Commit>) -> Created;
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
        changed() -> ();
        purge(epoch: Epoch, filter: Filter, before: Time) -> u64;
        purge_one(epoch: Epoch, saga: SagaId, text: String) -> Option<u64>;
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_taken_up_over_and_over_is_named() {
    let store = Watched::new(&Memory::new());
    let [often, seldom] = ["often", "seldom"].map(|id| SagaId::new("Watched", id));
    for _ in 0..2 * MOST {
        store.taken_up(&seldom);
        advance(Duration::from_millis(25)).await;
    }
    assert_eq!(*store.too_often.borrow(), None);
    for _ in 0..=MOST {
        store.taken_up(&often);
    }
    let why = store.too_often().await;
    assert_eq!(
        why,
        format!(
            "{often} was taken up {0} times, {0} of them within a second",
            MOST + 1
        )
    );
    assert_eq!(
        [&often, &seldom].map(|saga| store.times(saga)),
        [MOST + 1, 2 * MOST]
    );
}

#[tokio::test(start_paused = true)]
async fn each_way_to_take_up_a_saga_is_counted() {
    let store = Watched::new(&Memory::new());
    // Whoever opens the store ends those before.
    let open = async || {
        let worker = Worker {
            name: "a test".into(),
            lease: Duration::from_secs(30),
            runs: Vec::new(),
            after: None,
        };
        store.open(worker).await.unwrap().epoch
    };
    let saga = SagaId::new("Watched", "it");
    let new = NewSaga {
        saga: saga.clone(),
        input: "{}".into(),
        fingerprint: 1,
        due: Some(Time(1)),
        life: None,
    };
    store.create(None, new, None).await.unwrap();
    for times in 1..=2 {
        let epoch = open().await;
        let claimed = store.claim(epoch, Turn(1), 9).await.unwrap();
        assert_eq!(claimed, std::slice::from_ref(&saga));
        assert_eq!(store.times(&saga), times);
    }
    let epoch = open().await;
    let suspect = store.claim_suspect(epoch, Turn(1)).await.unwrap();
    assert_eq!((suspect.as_ref(), store.times(&saga)), (Some(&saga), 3));
    let released = store.release(
        epoch,
        Hold::new(saga.clone(), Turn(1)),
        Some(Time(1)),
        Mark::Kept,
        Vec::new(),
    );
    released.await.unwrap();
    let take = store
        .claim_one(epoch, Turn(2), saga.clone(), None)
        .await
        .unwrap();
    assert_eq!((take, store.times(&saga)), (Take::Mine, 4));
    let missing = SagaId::new("Watched", "missing");
    let take = store
        .claim_one(epoch, Turn(3), missing.clone(), None)
        .await
        .unwrap();
    assert_eq!((take, store.times(&missing)), (Take::Missing, 0));
}

#[test]
fn a_store_without_locks_says_so() {
    let store = Watched::new(&Memory::new());
    assert!(store.keeps_locks() && !store.without_locks().keeps_locks());
}
