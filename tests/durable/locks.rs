//! Durable sagas with a lock: one has the key until it has ended, whatever becomes of its process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, EngineError, Memory, ReadStore as _, SagaId,
        State, Store,
        for_stores::{LockFilter, LockState},
    },
    runtime::Cancel,
    saga,
};
use typed_saga_conformance::Faulty;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct No(Verdict);

impl No {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl std::fmt::Display for No {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

pub(crate) struct OrderLock(pub(super) u64);

impl typed_saga::Lock for OrderLock {
    const NAME: &'static str = "order";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

/// An office that looks after one order at a time: it notices who works on it, and who else does.
#[derive(Clone, Default)]
pub(crate) struct Office(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    /// By order: who works on it, from the first call to the last.
    at_work: BTreeMap<u64, String>,
    /// Who worked on each order, in order.
    served: Vec<String>,
    wrong: Vec<String>,
    /// What is to go wrong, by who.
    refuses: Vec<(&'static str, &'static str)>,
}

impl Office {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `who` calls: from `opens` on nobody else may work on the order.
    pub(crate) async fn call(&self, who: &str, order: u64, what: &'static str) -> Result<(), No> {
        {
            let mut books = self.books();
            let Books {
                at_work,
                served,
                wrong,
                refuses,
            } = &mut *books;
            let refused = refuses
                .iter()
                .position(|(of, call)| *of == who && *call == what);
            if let Some(refused) = refused {
                refuses.remove(refused);
                return Err(No(Verdict::Refused));
            }
            match at_work.get(&order) {
                Some(other) if other != who => wrong.push(format!("{who} and {other}: {what}")),
                Some(_) => {}
                None => {
                    at_work.insert(order, who.to_owned());
                    served.push(who.to_owned());
                }
            }
            if matches!(what, "closed" | "reopened") {
                at_work.remove(&order);
            }
        }
        sleep(CALL).await;
        Ok(())
    }

    fn refuses(&self, who: &'static str, what: &'static str) {
        self.books().refuses.push((who, what));
    }

    #[track_caller]
    pub(crate) fn served(&self) -> String {
        let books = self.books();
        assert!(books.wrong.is_empty(), "{:?}", books.wrong);
        books.served.join(" ")
    }
}

pub(crate) const CALL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(600);

saga! {
    /// Works on an order in two calls, between which nobody else may.
    #[classify(No::verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Change(who: String, order: u64)
    with (office: Office)
    -> Result<u64, No>
    {
        #[timeout(600s)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;

        #[idempotent]
        step opened(office, who, order, _key) { office.call(who, *order, "opened").await }
            compensate(office, who, order) { office.call(who, *order, "reopened").await }

        #[idempotent]
        pivot signed(office, who, order, _key) { office.call(who, *order, "signed").await }

        #[idempotent]
        step closed(office, who, order, _key) { office.call(who, *order, "closed").await }

        order
    }
}

saga! {
    /// Works on an order once it is signed.
    #[classify(No::verdict)]
    #[timeout(5s)]
    durable saga Close(who: String, order: u64) with (office: Office) -> Result<u64, No> {
        #[idempotent]
        pivot signed(office, who, order, _key) { office.call(who, order + 1, "signed").await }
        #[timeout(never)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[idempotent]
        step closed(office, who, order, _key) { office.call(who, *order, "closed").await }
        order
    }
}

fn change(who: &str) -> Change {
    let who = who.to_owned();
    Change { who, order: 7 }
}

async fn engine<S: Store>(store: S, office: &Office) -> Engine {
    start(store, office).await.unwrap()
}

async fn start<S: Store>(store: S, office: &Office) -> Result<Engine, EngineError> {
    let [office, other] = [office.clone(), office.clone()];
    let builder = Engine::builder(store).register::<Change>(ChangeServices { office });
    let builder = builder.register::<Close>(CloseServices { office: other });
    builder.start().await
}

pub(crate) async fn submit(engine: &Engine, who: &str) {
    drop(engine.submit(who, change(who)).await.unwrap());
}

pub(crate) async fn outcome(engine: &Engine, who: &str) -> DurableOutcome<Change> {
    let handle = engine.handle::<Change>(who).await.unwrap();
    timeout(PATIENCE, handle.outcome())
        .await
        .expect("it ends")
        .unwrap()
}

async fn completes(engine: &Engine, who: &str) -> bool {
    matches!(outcome(engine, who).await, DurableOutcome::Completed(7))
}

/// As a process that ends.
pub(crate) async fn crash(engine: Engine) {
    drop(engine);
    tokio::task::yield_now().await;
}

/// Who has the key, and who waits for it.
pub(crate) async fn queue(store: &Memory) -> Vec<(String, LockState)> {
    let rows = store.locks(LockFilter::default()).await.unwrap();
    let rows = rows.into_iter();
    rows.map(|row| (row.saga.id.to_string(), row.state))
        .collect()
}

pub(crate) async fn is_free(store: &Memory) -> bool {
    queue(store).await.is_empty()
}

#[tokio::test(start_paused = true)]
async fn sagas_with_one_key_run_one_after_the_other() {
    let (store, office) = (Memory::new(), Office::default());
    let engine = engine(store.clone(), &office).await;
    let all = ["a", "b", "c", "d"];
    for who in all {
        submit(&engine, who).await;
    }
    for who in all {
        assert!(completes(&engine, who).await, "{who} completes");
    }
    assert_eq!(office.served(), "a b c d");
    assert!(is_free(&store).await);
}

/// Every write of a run with two sagas on one key fails in every way, and the next engine goes on.
#[tokio::test(start_paused = true)]
async fn no_failure_of_the_store_gives_a_key_to_two_or_to_nobody() {
    let writes = {
        let store = Faulty::new(Memory::new());
        let office = Office::default();
        let engine = engine(store.clone(), &office).await;
        submit(&engine, "a").await;
        submit(&engine, "b").await;
        drop(outcome(&engine, "a").await);
        drop(outcome(&engine, "b").await);
        store.writes()
    };
    assert!(writes > 10, "{writes}");
    for write in 0..writes {
        type Fault = fn(Faulty<Memory>, u64) -> Faulty<Memory>;
        let faults: [Fault; 4] = [
            Faulty::crash_before,
            Faulty::crash_after,
            |store, write| store.unavailable(write..write + 2),
            |store, write| store.unheard(write..write + 1),
        ];
        for (fault, kind) in faults.into_iter().zip(0..) {
            let (disk, office) = (Memory::new(), Office::default());
            let store = fault(Faulty::new(disk.clone()), write);
            let both = async {
                let Ok(engine) = start(store.clone(), &office).await else {
                    return;
                };
                for who in ["a", "b"] {
                    drop(engine.submit(who, change(who)).await);
                }
                for who in ["a", "b"] {
                    if let Ok(handle) = engine.handle::<Change>(who).await {
                        drop(timeout(PATIENCE, handle.outcome()).await);
                    }
                }
            };
            tokio::select! {
                () = both => {}
                () = store.crashed() => {}
            }
            let engine = engine(disk.clone(), &office).await;
            for who in ["a", "b"] {
                submit(&engine, who).await;
            }
            for who in ["a", "b"] {
                let ended = outcome(&engine, who).await;
                assert!(
                    matches!(ended, DurableOutcome::Completed(7)),
                    "{who} after fault {kind} of write {write}: {ended:?}"
                );
            }
            office.served();
            assert!(is_free(&disk).await, "fault {kind} of write {write}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_held_until_the_saga_is_undone() {
    let (store, office) = (Memory::new(), Office::default());
    office.refuses("a", "signed");
    let engine = engine(store.clone(), &office).await;
    submit(&engine, "a").await;
    submit(&engine, "b").await;
    assert!(matches!(
        outcome(&engine, "a").await,
        DurableOutcome::Compensated(_)
    ));
    assert!(completes(&engine, "b").await);
    assert_eq!(office.served(), "a b");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_wait_hold_no_slot() {
    let (store, office) = (Memory::new(), Office::default());
    let services = ChangeServices {
        office: office.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Change>(services);
    let engine = builder.max_active(2).start().await.unwrap();
    for number in 0..100 {
        submit(&engine, &format!("{number:03}")).await;
    }
    for number in 0..100 {
        let who = format!("{number:03}");
        assert!(completes(&engine, &who).await, "{who} completes");
    }
    assert_eq!(office.served().split(' ').count(), 100);
    assert!(is_free(&store).await);
}

#[tokio::test(start_paused = true)]
async fn its_time_counts_while_no_engine_runs() {
    let (store, office) = (Memory::shared(), Office::default());
    office.refuses("a", "closed");
    let first = engine(store.clone(), &office).await;
    submit(&first, "a").await;
    sleep(CALL / 2).await;
    submit(&first, "b").await;
    sleep(CALL / 2).await;
    crash(first).await;
    let waits = queue(&store).await;
    assert_eq!(waits[1], ("b".to_owned(), LockState::Waiting), "{waits:?}");
    sleep(Duration::from_secs(700)).await;
    let row = store
        .load(SagaId::new("Change", "b"))
        .await
        .unwrap()
        .unwrap()
        .row;
    assert_eq!(row.state, State::Waiting);
    let began = Instant::now();
    let second = engine(store.clone(), &office).await;
    let ended = outcome(&second, "b").await;
    let DurableOutcome::Compensated(error) = ended else {
        panic!("its time is over: {ended:?}");
    };
    assert_eq!(error.step(), Some("order_lock"));
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_gives_the_place_up() {
    let (store, office) = (Memory::new(), Office::default());
    let engine = engine(store.clone(), &office).await;
    for who in ["a", "b", "c"] {
        submit(&engine, who).await;
    }
    sleep(CALL / 2).await;
    let b = engine.handle::<Change>("b").await.unwrap();
    assert_eq!(b.cancel().await.unwrap(), Cancel::Accepted);
    assert!(matches!(
        outcome(&engine, "b").await,
        DurableOutcome::Compensated(_)
    ));
    drop(outcome(&engine, "c").await);
    assert_eq!(office.served(), "a c");
    assert!(is_free(&store).await);
}

/// After the pivot, neither a cancel nor a deadline ends the wait, and the keys end it as ever.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_too_late_leaves_it_in_line() {
    for cancels in [true, false] {
        let (store, office) = (Memory::new(), Office::default());
        let engine = engine(store.clone(), &office).await;
        submit(&engine, "a").await;
        let who = "b".to_owned();
        let b = engine.submit("b", Close { who, order: 7 });
        let b = b.deadline(CALL + CALL / 2).await.unwrap();
        sleep(CALL + CALL / 4).await;
        if cancels {
            assert_eq!(b.cancel().await.unwrap(), Cancel::TooLate);
        }
        let ended = timeout(PATIENCE, b.outcome()).await.expect("it ends");
        assert!(matches!(ended.unwrap(), DurableOutcome::Completed(7)));
        assert!(is_free(&store).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_keeps_it_until_somebody_gives_it_up() {
    let (store, office) = (Memory::new(), Office::default());
    office.refuses("a", "closed");
    let engine = engine(store.clone(), &office).await;
    submit(&engine, "a").await;
    submit(&engine, "b").await;
    assert!(matches!(
        outcome(&engine, "a").await,
        DurableOutcome::Parked(_)
    ));
    sleep(Duration::from_secs(60)).await;
    let held = [
        ("a".to_owned(), LockState::Taken),
        ("b".to_owned(), LockState::Waiting),
    ];
    assert_eq!(queue(&store).await, held);
    office.books().at_work.clear();
    let abandoned = engine.act::<Change>("a", Action::Abandon, Attribution::default());
    abandoned.await.unwrap();
    assert!(completes(&engine, "b").await);
    assert!(is_free(&store).await);
}

/// The process of the holder dies: whoever takes the saga over has the key, and nobody else.
#[tokio::test(start_paused = true)]
async fn a_worker_takes_over_with_the_key() {
    let (store, office) = (Memory::shared(), Office::default());
    let first = engine(store.clone(), &office).await;
    submit(&first, "a").await;
    sleep(CALL / 2).await;
    let second = engine(store.clone(), &office).await;
    submit(&second, "b").await;
    sleep(CALL / 2).await;
    crash(first).await;
    assert!(completes(&second, "b").await);
    assert!(completes(&second, "a").await);
    assert_eq!(office.served(), "a b");
    assert!(is_free(&store).await);
}
