//! Writes that take effect after whoever asked for them has given up.

use crate::durable::{fleet::LEASE, world::Trouble};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{sleep, timeout};
use typed_saga::{
    Key, Verdict,
    engine::{
        Attribution, DurableOutcome, Engine, EngineError, EventFilter, Memory, ReadStore, SagaId,
        State, Store, StoreError,
        for_stores::{LockFilter, NewSaga},
    },
    runtime::Cancel,
    saga,
};
use typed_saga_conformance::Faulty;

const SECOND: Duration = Duration::from_secs(1);

struct TillLock(u32);

impl typed_saga::Lock for TillLock {
    const NAME: &'static str = "till";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

/// How often each call was made, with its key.
#[derive(Clone, Debug, Default)]
struct Desk(Arc<Mutex<BTreeMap<(&'static str, String), u32>>>);

impl Desk {
    fn call(&self, call: &'static str, key: &Key) -> Result<(), Trouble> {
        let mut calls = self.0.lock().unwrap();
        *calls.entry((call, key.to_string())).or_default() += 1;
        Ok(())
    }

    /// Sends what was paid; the first time, that of a saga that rests is refused.
    fn send(&self, rests: Duration, key: &Key) -> Result<(), Trouble> {
        self.call("sent", key)?;
        let times = self.0.lock().unwrap()[&("sent", key.to_string())];
        if times == 1 && !rests.is_zero() {
            return Err(Trouble(Verdict::Refused, "closed".into()));
        }
        Ok(())
    }

    /// How often a call was made with each key of it.
    fn made(&self, call: &str) -> Vec<u32> {
        let calls = self.0.lock().unwrap();
        let made = calls.iter().filter(|((made, _), _)| *made == call);
        made.map(|(_, times)| *times).collect()
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Errand(till: u32, rests: Duration)
    with (desk: Desk)
    -> Result<u32, Trouble> emit u32
    {
        #[timeout(600s)]
        lock till_lock(till => TillLock(*till)) -> TillLock;

        #[idempotent]
        step held(desk, key) -> u32 { desk.call("held", key).map(|()| 1) }
            compensate(desk, held, key) { let _ = held; desk.call("freed", key) }

        sleep rested(rests => *rests);

        #[idempotent]
        pivot paid(desk, key) { desk.call("paid", key) }

        #[idempotent]
        step sent(desk, rests, key) { desk.send(*rests, key) }

        emit(held => [*held, *held + 1]);
        publish(desk, event, key) { let _ = event; desk.call("told", key) }

        held
    }
}

async fn worker(store: impl Store, name: &str, desk: &Desk) -> Engine {
    let desk = desk.clone();
    let builder = Engine::builder(store).register::<Errand>(ErrandServices { desk });
    builder.lease(LEASE).name(name).start().await.unwrap()
}

/// Asks again for as long as the store does not answer.
async fn answered<T>(
    mut ask: impl AsyncFnMut() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    loop {
        match ask().await {
            Err(EngineError::Store(StoreError::Unavailable { .. })) => sleep(SECOND / 10).await,
            answer => return answer,
        }
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            sleep(SECOND / 100).await;
        }
    };
    let held = timeout(SECOND * 120, held).await;
    held.unwrap_or_else(|_| panic!("{what}: it stands still"));
}

/// How many records of this kind a saga has.
async fn recorded(store: &Memory, id: &str, what: &str) -> usize {
    let stored = store
        .load(SagaId::new("Errand", id))
        .await
        .unwrap()
        .unwrap();
    let texts = stored.commits.iter().map(|commit| &*commit.records);
    let what = format!(r#""what":"{what}""#);
    texts.map(|text| text.matches(&what).count()).sum()
}

/// Two workers, and sagas that wait for each other, park, are cancelled and resumed, and tell of two events.
/// One write of the first worker takes effect late. `asks_it`: the requests are made of that worker. Gives
/// how many writes it has made.
async fn run(write: u64, asks_it: bool) -> u64 {
    let (store, desk) = (Memory::shared(), Desk::default());
    let late = Faulty::new(store.clone()).late(write..write + 1, SECOND * 2);
    let one = worker(late.clone(), "one", &desk).await;
    let two = worker(store.clone(), "two", &desk).await;
    let asked = if asks_it { &one } else { &two };
    let case = format!("write {write}, asks it: {asks_it}");
    // The second waits for the key of the first; the third has another, and rests in memory.
    for (id, till, rests) in [("a", 1, 20), ("b", 1, 0), ("c", 2, 9)] {
        let rests = SECOND * rests;
        let submitted = answered(async || one.submit(id, Errand { till, rests }).await);
        drop(submitted.await.unwrap());
    }
    until(&case, async || desk.made("held").len() == 2).await;
    let rests = asked.handle::<Errand>("c").await.unwrap();
    let cancelled = answered(async || rests.cancel().await).await.unwrap();
    assert_eq!(cancelled, Cancel::Accepted, "{case}");
    let first = SagaId::new("Errand", "a");
    let state = async || store.load(first.clone()).await.unwrap().unwrap().row.state;
    until(&case, async || state().await == State::Parked).await;
    let who = || Attribution::new("ada", "opened the door");
    match answered(async || asked.resume::<Errand>("a", who()).await).await {
        // What was recorded, although it was not answered, cannot be done again.
        Ok(()) | Err(EngineError::Refused { .. }) => {}
        Err(error) => panic!("{case}: {error}"),
    }
    for id in ["a", "b", "c"] {
        let handle = asked.handle::<Errand>(id).await.unwrap();
        let outcome = timeout(SECOND * 120, handle.outcome()).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("{case}: {id} stands still"));
        let outcome = outcome.unwrap();
        let completed = matches!(outcome, DurableOutcome::Completed(1));
        assert_eq!(completed, id != "c", "{case}: {id}: {outcome:?}");
    }
    until(&case, async || {
        let undelivered = EventFilter {
            undelivered: true,
            ..EventFilter::default()
        };
        store.events(undelivered).await.unwrap().is_empty()
    })
    .await;
    for (call, times) in [("held", &[1, 1, 1][..]), ("freed", &[1]), ("paid", &[1, 1])] {
        assert_eq!(desk.made(call), times, "{case}: {call}");
    }
    let mut sent = desk.made("sent");
    sent.sort_unstable();
    assert_eq!(sent, [1, 2], "{case}: that of the first was refused once");
    // Told at least once: each has one key.
    assert_eq!(desk.made("told").len(), 4, "{case}");
    assert_eq!(recorded(&store, "a", "resumed").await, 1, "{case}");
    assert_eq!(recorded(&store, "c", "cancel_requested").await, 1, "{case}");
    drop((one.shutdown(LEASE).await, two.shutdown(LEASE).await));
    sleep(SECOND * 3).await;
    for id in ["a", "b", "c"] {
        let row = store
            .load(SagaId::new("Errand", id))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.row.claimed, None, "{case}: {id}");
    }
    assert_eq!(
        store.locks(LockFilter::default()).await.unwrap(),
        [],
        "{case}"
    );
    late.writes()
}

#[tokio::test(start_paused = true)]
async fn whichever_write_is_done_late_nothing_is_lost_or_done_twice() {
    for asks_it in [true, false] {
        let writes = run(u64::MAX - 1, asks_it).await;
        assert!(writes > 10, "there are {writes} writes");
        // The first two open the store and register the saga.
        for write in 2..writes {
            run(write, asks_it).await;
        }
    }
}

/// A saga that was ordered, of which nobody has read the input.
#[tokio::test(start_paused = true)]
async fn an_order_whose_claim_is_done_late_is_run_once() {
    let writes = ordered(u64::MAX - 1).await;
    for write in 2..writes {
        ordered(write).await;
    }
}

async fn ordered(write: u64) -> u64 {
    let (store, desk) = (Memory::shared(), Desk::default());
    let new = NewSaga {
        saga: SagaId::new("Errand", "a"),
        input: r#"{"till":1,"rests":{"secs":0,"nanos":0}}"#.into(),
        fingerprint: 7,
        due: None,
        life: None,
    };
    store.create(None, new, None).await.unwrap();
    let late = Faulty::new(store.clone()).late(write..write + 1, SECOND * 2);
    let engine = worker(late.clone(), "one", &desk).await;
    let handle = engine.handle::<Errand>("a").await.unwrap();
    let outcome = timeout(SECOND * 120, handle.outcome()).await;
    let outcome = outcome.unwrap_or_else(|_| panic!("write {write}: it stands still"));
    assert_eq!(outcome.unwrap().into_result().unwrap(), 1, "write {write}");
    for call in ["held", "paid"] {
        assert_eq!(desk.made(call), [1], "write {write}: {call}");
    }
    drop(engine.shutdown(LEASE).await);
    late.writes()
}
