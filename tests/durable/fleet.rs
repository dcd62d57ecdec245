//! Several workers on one store: leases, take-overs, and what is asked of a saga that runs
//! elsewhere.

use crate::durable::{
    basics::{Tower, TowerServices},
    cut::{Cut, answer_to},
    world::{Trouble, World},
};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, EngineError, Memory, ReadStore, SagaId, State,
        Store, Time, Unreadable,
        for_operators::{Answer, Request},
        for_stores::{Hold, Mark, NewSaga, Turn, Worker},
    },
    runtime::Cancel,
};
use typed_saga_conformance::Faulty;

pub(crate) const LEASE: Duration = Duration::from_secs(9);
pub(crate) const MOMENT: Duration = Duration::from_millis(1);

async fn worker(store: impl Store, name: &str, world: &World) -> Engine {
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store).register::<Tower>(services);
    builder.lease(LEASE).name(name).start().await.unwrap()
}

pub(crate) fn later() -> Trouble {
    Trouble(Verdict::Transient, "later".into())
}

/// A saga whose second step has failed, and is tried again after a second.
async fn begin(engine: &Engine, world: &World, id: &str) {
    world.fails("+wall", later());
    drop(engine.submit(id, Tower { height: 4 }).await.unwrap());
    sleep(MOMENT).await;
    assert!(world.calls().ends_with("+base +wall"), "{}", world.calls());
}

async fn completes(engine: &Engine, id: &str) {
    let handle = engine.handle::<Tower>(id).await.unwrap();
    let outcome = timeout(Duration::from_secs(120), handle.outcome()).await;
    let outcome = outcome.expect("it goes on").unwrap();
    assert_eq!(outcome.into_result().unwrap(), 42);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_worker_had_goes_on_when_its_lease_has_ended() {
    let (store, world) = (Memory::shared(), World::default());
    let two = worker(store.clone(), "two", &world).await;
    let one = worker(store.clone(), "one", &world).await;
    assert_eq!(store.workers().await.unwrap(), ["one", "two"]);
    begin(&one, &world, "t").await;
    // As if its process had ended.
    drop(one);
    sleep(LEASE * 2 / 3).await;
    assert_eq!(world.calls(), "+base +wall", "its lease has not ended");
    sleep(LEASE).await;
    completes(&two, "t").await;
    assert_eq!(world.calls(), "+base +wall +wall +roof");
    assert_eq!(store.workers().await.unwrap(), ["two"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_had_that_is_shut_down_goes_on_at_once() {
    let (store, world) = (Memory::shared(), World::default());
    let two = worker(store.clone(), "two", &world).await;
    let one = worker(store.clone(), "one", &world).await;
    begin(&one, &world, "t").await;
    assert_eq!(one.shutdown(Duration::from_secs(1)).await, []);
    sleep(Duration::from_secs(2)).await;
    completes(&two, "t").await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_lives_keeps_its_sagas() {
    let (store, world) = (Memory::shared(), World::default());
    let two = worker(store.clone(), "two", &world).await;
    let one = worker(store.clone(), "one", &world).await;
    world.fails("+wall", later());
    world.fails("+wall", later());
    world.fails("-base", later());
    let handle = one.submit("t", Tower { height: 4 }).await.unwrap();
    let saga = handle.saga().clone();
    let claimed = store.load(saga.clone()).await.unwrap().unwrap().row.claimed;
    for _ in 0..200 {
        sleep(LEASE / 20).await;
        let row = store.load(saga.clone()).await.unwrap().unwrap().row;
        assert!(row.due.is_none() || row.claimed == claimed, "{row:?}");
    }
    completes(&two, "t").await;
    completes(&one, "t").await;
    assert_eq!(store.workers().await.unwrap(), ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn each_saga_runs_at_one_of_many_workers() {
    let (store, world) = (Memory::shared(), World::default());
    let mut workers = Vec::new();
    for name in ["one", "two", "three"] {
        let services = TowerServices {
            world: world.clone(),
        };
        let builder = Engine::builder(store.clone()).register::<Tower>(services);
        let builder = builder.lease(LEASE).max_active(2).name(name);
        workers.push(builder.start().await.unwrap());
    }
    let mut handles = Vec::new();
    for number in 0..60 {
        let submit = workers[0].submit(format!("{number}"), Tower { height: 4 });
        handles.push(submit.await.unwrap());
    }
    for handle in &handles {
        let outcome = timeout(Duration::from_secs(60), handle.outcome()).await;
        let outcome = outcome.expect("it goes on").unwrap();
        assert_eq!(outcome.into_result().unwrap(), 42);
    }
    assert_eq!(world.ledger().calls.len(), 180, "each call is made once");
}

/// A store that is away longer than a lease does not end the fleet.
#[tokio::test(start_paused = true)]
async fn an_engine_whose_lease_has_ended_drops_its_runs_and_begins_anew() {
    let (memory, world) = (Memory::shared(), World::default());
    let store = Cut::new(&memory);
    let one = worker(store.clone(), "one", &world).await;
    begin(&one, &world, "t").await;
    let before = claimed(&memory, "t").await;
    store.set(true);
    sleep(LEASE * 3).await;
    assert_eq!(
        world.calls(),
        "+base +wall",
        "without a lease no call starts"
    );
    let status = format!("{one:?}");
    assert!(
        status.contains("at_hand: 0"),
        "the runs are dropped: {status}"
    );
    store.set(false);
    completes(&one, "t").await;
    assert_eq!(world.calls(), "+base +wall +wall +roof");
    let other = one.submit("u", Tower { height: 4 }).await.unwrap();
    assert_ne!(claimed(&memory, "u").await, before, "the epoch is new");
    drop(other.outcome().await.unwrap());
}

async fn claimed(memory: &Memory, id: &str) -> Option<u64> {
    let stored = memory.load(SagaId::new("Tower", id)).await.unwrap();
    Some(stored?.row.claimed?.0)
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_declared_dead_begins_anew_beside_who_took_over() {
    let (memory, world) = (Memory::shared(), World::default());
    let store = Cut::new(&memory);
    let one = worker(store.clone(), "one", &world).await;
    begin(&one, &world, "t").await;
    let two = worker(memory.clone(), "two", &world).await;
    store.set(true);
    sleep(LEASE * 2).await;
    completes(&two, "t").await;
    assert_eq!(world.calls(), "+base +wall +wall +roof");
    store.set(false);
    completes(&one, "t").await;
    let again = one.submit("u", Tower { height: 4 }).await.unwrap();
    drop(again.outcome().await.unwrap());
    assert_eq!(memory.workers().await.unwrap(), ["one", "two"]);
    assert_eq!(two.shutdown(MOMENT).await, []);
}

#[tokio::test(start_paused = true)]
async fn when_all_were_cut_off_all_begin_anew() {
    let (memory, world) = (Memory::shared(), World::default());
    let store = Cut::new(&memory);
    let one = worker(store.clone(), "one", &world).await;
    let two = worker(store.clone(), "two", &world).await;
    begin(&one, &world, "t").await;
    begin(&two, &world, "u").await;
    store.set(true);
    sleep(LEASE * 3).await;
    store.set(false);
    for id in ["t", "u"] {
        completes(&one, id).await;
        completes(&two, id).await;
    }
    assert_eq!(world.standing().len(), 6);
    assert_eq!(memory.workers().await.unwrap(), ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn who_loses_one_saga_loses_no_other() {
    let (memory, world) = (Memory::shared(), World::default());
    let one = worker(memory.clone(), "one", &world).await;
    begin(&one, &world, "lost").await;
    begin(&one, &world, "kept").await;
    let rival = memory.open(rival()).await.unwrap();
    let lost = SagaId::new("Tower", "lost");
    let row = memory.load(lost.clone()).await.unwrap().unwrap().row;
    let (held, turn) = (row.claimed.unwrap(), row.turn.unwrap());
    // Nobody does this but a test: the claim goes, and the epoch lives.
    let hold = Hold::new(lost.clone(), turn);
    let released = memory.release(held, hold, None, Mark::Kept, Vec::new());
    released.await.unwrap();
    let taken = memory.claim_one(rival.epoch, Turn(1), lost.clone(), None);
    taken.await.unwrap();
    completes(&one, "kept").await;
    sleep(Duration::from_secs(60)).await;
    let row = memory.load(lost).await.unwrap().unwrap().row;
    assert_eq!(row.state, State::Running, "it is the rival's");
    assert_eq!(claimed(&memory, "lost").await, Some(rival.epoch.0));
    let more = one.submit("more", Tower { height: 4 }).await.unwrap();
    drop(more.outcome().await.unwrap());
}

/// Somebody who runs nothing, and lives for long.
fn rival() -> Worker {
    Worker {
        name: "a rival".into(),
        lease: Duration::from_secs(36_000),
        runs: Vec::new(),
        after: None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_runs_elsewhere_is_cancelled_from_anywhere() {
    let (store, world) = (Memory::shared(), World::default());
    let one = worker(store.clone(), "one", &world).await;
    let two = worker(store.clone(), "two", &world).await;
    begin(&one, &world, "t").await;
    let handle = two.handle::<Tower>("t").await.unwrap();
    let (cancelled, outcome) = tokio::join!(handle.cancel(), handle.outcome());
    assert_eq!(cancelled.unwrap(), Cancel::Accepted);
    let outcome = outcome.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.standing(), [""; 0]);
    assert_eq!(handle.cancel().await.unwrap(), Cancel::TooLate);
    drop(one);
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_of_a_saga_that_runs_elsewhere_is_answered_there() {
    let (store, world) = (Memory::shared(), World::default());
    let one = worker(store.clone(), "one", &world).await;
    let two = worker(store.clone(), "two", &world).await;
    begin(&one, &world, "t").await;
    let request = Request {
        action: Action::Cancel,
        who: Attribution::new("ada", "enough"),
    };
    let text = serde_json::to_string(&request).unwrap();
    let saga = SagaId::new("Tower", "t");
    let number = store.send(saga, text, Time(0)).await.unwrap();
    sleep(Duration::from_secs(5)).await;
    let answer = answer_to(&store, number).await.unwrap();
    assert_eq!(
        serde_json::from_str::<Answer>(&answer).unwrap(),
        Answer::Done
    );
    let outcome = two.handle::<Tower>("t").await.unwrap().outcome().await;
    assert!(matches!(outcome.unwrap(), DurableOutcome::Compensated(_)));
    drop(one);
}

/// Anybody places it, without an engine.
#[tokio::test(start_paused = true)]
async fn an_order_is_begun_by_a_worker() {
    for store in [Memory::new(), Memory::shared()] {
        let world = World::default();
        let one = worker(store.clone(), "one", &world).await;
        let order = NewSaga {
            saga: SagaId::new("Tower", "t"),
            input: r#"{"height":4}"#.into(),
            fingerprint: 7,
            due: None,
            life: None,
        };
        store.create(None, order, None).await.unwrap();
        completes(&one, "t").await;
        assert_eq!(world.calls(), "+base +wall +roof");
        let history = one.history(&SagaId::new("Tower", "t")).await.unwrap();
        assert_eq!(history[0].record.what.to_string(), "started");
        let again = one.submit("t", Tower { height: 4 }).await.unwrap();
        drop(again.outcome().await.unwrap());
        assert_eq!(world.calls(), "+base +wall +roof", "it is joined");
    }
}

/// Each of ten workers dies with it, before it has written anything.
#[tokio::test(start_paused = true)]
async fn the_tenth_takeover_lists_the_saga() {
    let (store, world) = (Memory::shared(), World::default());
    let saga = SagaId::new("Tower", "t");
    let new = NewSaga {
        saga: saga.clone(),
        input: r#"{"height":4}"#.into(),
        fingerprint: 7,
        due: None,
        life: None,
    };
    store.create(None, new, None).await.unwrap();
    for death in 0..10 {
        let doomed = Worker {
            lease: LEASE,
            ..rival()
        };
        let epoch = store.open(doomed).await.unwrap().epoch;
        let claimed = store.claim(epoch, Turn(1), 9).await.unwrap().pop();
        let suspect = store.claim_suspect(epoch, Turn(1)).await.unwrap();
        assert_eq!(claimed.or(suspect).as_ref(), Some(&saga));
        let row = store.load(saga.clone()).await.unwrap().unwrap().row;
        assert_eq!(row.takeovers, death);
        sleep(LEASE * 2).await;
    }
    let one = worker(store.clone(), "one", &world).await;
    let outcome = one.handle::<Tower>("t").await.unwrap();
    sleep(Duration::from_secs(5)).await;
    let unreadable = one.unreadable();
    assert!(
        matches!(&*unreadable[0].1, Unreadable::Quarantined { times: 10 }),
        "{unreadable:?}"
    );
    assert!(matches!(
        outcome.outcome().await,
        Err(EngineError::Unreadable { .. })
    ));
    assert_eq!(world.calls(), "");
    // Neither a worker that starts nor another version tries it again; somebody may ask for that.
    let two = worker(store.clone(), "two", &world).await;
    sleep(LEASE * 2).await;
    assert_eq!(world.calls(), "");
    let row = store.load(saga.clone()).await.unwrap().unwrap().row;
    assert_eq!((row.takeovers, row.is_quarantined()), (10, true));
    let who = Attribution {
        actor: Some("ada".into()),
        reason: Some("more memory".into()),
    };
    two.resume::<Tower>("t", who).await.unwrap();
    completes(&two, "t").await;
    assert_eq!(world.calls(), "+base +wall +roof");
    assert!(two.unreadable().is_empty());
    let outcome = outcome.outcome().await;
    assert!(
        matches!(outcome, Ok(DurableOutcome::Completed(_))),
        "the handle of the worker that could not read it: {outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_has_a_limit() {
    let (store, world) = (Memory::new(), World::default());
    let one = worker(store.clone(), "one", &world).await;
    let longest = "x".repeat(1024);
    drop(
        one.submit(longest.clone(), Tower { height: 4 })
            .await
            .unwrap(),
    );
    for id in [longest + "x", "a\0b".to_owned(), String::new()] {
        let refused = one.submit(id, Tower { height: 4 }).await;
        assert!(
            matches!(refused, Err(EngineError::Id { .. })),
            "{refused:?}"
        );
    }
}

/// Wherever a worker dies that cancels a saga for a message: what was done is answered.
#[tokio::test(start_paused = true)]
async fn an_action_is_on_record_with_its_answer_or_not_at_all() {
    let mut ends = [0; 2];
    for write in 0..12 {
        for after in [false, true] {
            let (memory, world) = (Memory::new(), World::default());
            let first = worker(memory.clone(), "first", &world).await;
            begin(&first, &world, "t").await;
            assert_eq!(first.shutdown(MOMENT).await, []);
            let request = Request {
                action: Action::Cancel,
                who: Attribution::new("ada", "enough"),
            };
            let text = serde_json::to_string(&request).unwrap();
            let saga = SagaId::new("Tower", "t");
            let number = memory.send(saga.clone(), text, Time(0)).await.unwrap();
            let store = Faulty::new(memory.clone());
            let store = if after {
                store.crash_after(write)
            } else {
                store.crash_before(write)
            };
            let services = TowerServices {
                world: world.clone(),
            };
            let builder = Engine::builder(store).register::<Tower>(services);
            let starts = timeout(Duration::from_secs(1), builder.start()).await;
            sleep(Duration::from_secs(60)).await;
            let answered = answer_to(&memory, number).await.is_some();
            let stored = memory.load(saga).await.unwrap().unwrap();
            let cancelled = stored
                .commits
                .iter()
                .any(|commit| commit.records.contains("cancel_requested"));
            assert_eq!(answered, cancelled, "write {write}, after: {after}");
            ends[usize::from(answered)] += 1;
            drop(starts);
        }
    }
    assert!(ends.iter().all(|count| *count > 3), "{ends:?}");
}
