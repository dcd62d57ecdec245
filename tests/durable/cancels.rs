//! A cancel while the pivot is in doubt. Whoever asks, and whatever ends meanwhile, the answer is what
//! becomes of the saga.

use crate::durable::{
    cut::answer_to,
    fleet::{LEASE, MOMENT, later},
    store::Troubled,
    world::{Trouble, World},
};
use std::time::Duration;
use tokio::{
    join,
    time::{advance, sleep, timeout},
};
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, Handle, Memory, ReadStore, SagaId, Settled,
        Time,
        for_operators::{Answer, Request},
    },
    runtime::Cancel,
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Buy(happened: bool) with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step held(world, key) { world.call("+held", key) }
            compensate(world, key) { world.call("-held", key) }

        #[late(0s)]
        pivot paid(world, key) { world.call("+paid", key) }
            #[retry(3, 1m..1m, jitter = false)]
            resolve(world, happened, key) { world.call("?paid", key)?; Ok(happened.then_some(())) }

        let _ = (held, paid);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Nap(holds: bool) with (world: World) -> Result<(), Trouble> {
        when (holds => *holds) {
            #[idempotent]
            step held(world, key) { world.call("+held", key) }
                compensate(world, key) { world.call("-held", key) }
        }

        sleep rested(=> Duration::from_secs(9));

        #[idempotent]
        pivot paid(world, key) { world.call("+paid", key) }

        let _ = paid;
    }
}

/// The process that asks stands still, until its lease has ended, while the commit with the cancel is on
/// its way.
#[tokio::test(start_paused = true)]
async fn a_cancel_whose_commit_outlives_its_run_is_accepted() {
    for holds in [false, true] {
        let (memory, world) = (Memory::shared(), World::default());
        let mut store = Troubled::new(&memory);
        store.held = Some(("cancel_requested", Duration::from_secs(4)));
        let services = NapServices {
            world: world.clone(),
        };
        let builder = Engine::builder(store).register::<Nap>(services);
        let builder = builder.lease(Duration::from_millis(1500));
        let engine = builder.start().await.unwrap();
        let handle = engine.submit("n", Nap { holds }).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        let asks = engine.handle::<Nap>("n").await.unwrap();
        let asked = tokio::spawn(async move { asks.cancel().await.unwrap() });
        sleep(MOMENT).await;
        advance(Duration::from_secs(3)).await;
        let answer = timeout(Duration::from_secs(60), asked).await;
        let answer = answer.unwrap_or_else(|_| panic!("{holds}: it is not answered"));
        assert_eq!(answer.unwrap(), Cancel::Accepted, "{holds}");
        let outcome = handle.outcome().await.unwrap();
        let is_undone = matches!(outcome, DurableOutcome::Compensated(_));
        assert!(is_undone, "{holds}: {outcome:?}");
        let calls = if holds { "+held -held" } else { "" };
        assert_eq!(world.calls(), calls);
    }
}

async fn worker(store: &Memory, name: &str, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Buy>(BuyServices { world });
    builder.lease(LEASE).name(name).start().await.unwrap()
}

/// A saga whose pivot is in doubt until it has been asked about more often than this, a minute apart.
async fn in_doubt(engine: &Engine, world: &World, happened: bool, fails: usize) -> Handle<Buy> {
    world.fails("+paid", Trouble(Verdict::Unknown, "no answer".into()));
    for _ in 0..fails {
        world.fails("?paid", later());
    }
    let handle = engine.submit("b", Buy { happened }).await.unwrap();
    while !world.calls().ends_with("?paid") {
        sleep(MOMENT).await;
    }
    handle
}

fn ada() -> Attribution {
    Attribution::new("ada", "enough")
}

async fn send(store: &Memory, action: Action, who: Attribution) -> u64 {
    let text = serde_json::to_string(&Request { action, who }).unwrap();
    let saga = SagaId::new("Buy", "b");
    store.send(saga, text, Time(0)).await.unwrap()
}

async fn answer(store: &Memory, message: u64) -> Answer {
    let answer = answer_to(store, message).await;
    serde_json::from_str(&answer.expect("it is answered")).unwrap()
}

/// How the caller and the run are related.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Caller {
    /// They are in one process.
    Beside,
    Elsewhere,
    /// The process of the run ends before the outcome of the pivot is known, so long after the
    /// request: before it has found the request, or after it has recorded it.
    Outlives(Duration),
}

/// What becomes of a cancel: by whether the pivot has happened, and how often it cannot be found out.
const ENDS: [(bool, usize, Cancel); 3] = [
    (true, 1, Cancel::TooLate),
    (false, 1, Cancel::Accepted),
    // It parks.
    (false, 3, Cancel::TooLate),
];

async fn is_answered(caller: Caller, (happened, fails, expected): (bool, usize, Cancel)) {
    let said = format!("{caller:?} {happened} {fails}");
    let (store, world) = (Memory::shared(), World::default());
    let one = worker(&store, "one", &world).await;
    let two = worker(&store, "two", &world).await;
    let beside = in_doubt(&one, &world, happened, fails).await;
    let elsewhere = two.handle::<Buy>("b").await.unwrap();
    let asks = if caller == Caller::Beside {
        beside
    } else {
        two.handle::<Buy>("b").await.unwrap()
    };
    let asked = tokio::spawn(async move { asks.cancel().await.unwrap() });
    let crashes = match caller {
        Caller::Outlives(after) => after,
        Caller::Beside | Caller::Elsewhere => Duration::from_secs(5),
    };
    sleep(crashes).await;
    assert!(!asked.is_finished(), "{said}: the outcome is not known");
    let one = Some(one).filter(|_| !matches!(caller, Caller::Outlives(_)));
    assert_eq!(asked.await.unwrap(), expected, "{said}");

    let outcome = elsewhere.outcome().await.unwrap();
    match expected {
        Cancel::Accepted => {
            let is_undone = matches!(outcome, DurableOutcome::Compensated(_));
            assert!(is_undone, "{said}: {outcome:?}");
            assert_eq!(world.standing(), [""; 0], "{said}");
        }
        Cancel::TooLate if happened => outcome.into_result().unwrap(),
        Cancel::TooLate => {
            assert!(
                matches!(outcome, DurableOutcome::Parked(_)),
                "{said}: {outcome:?}"
            );
            goes_on(&two, &world, &said).await;
        }
    }
    drop(one);
}

/// Nothing is left of a cancel that was too late.
async fn goes_on(engine: &Engine, world: &World, said: &str) {
    let settled = engine.settle::<Buy>("b", "paid", Settled::NotApplied, ada());
    settled.await.unwrap();
    engine.resume::<Buy>("b", ada()).await.unwrap();
    let handle = engine.handle::<Buy>("b").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    outcome.into_result().expect(said);
    assert_eq!(world.standing(), ["held", "paid"], "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_answered_by_what_becomes_of_the_saga() {
    for caller in [
        Caller::Beside,
        Caller::Elsewhere,
        Caller::Outlives(MOMENT),
        Caller::Outlives(Duration::from_secs(5)),
    ] {
        for end in ENDS {
            is_answered(caller, end).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_next_does_not_wait_for_the_answer() {
    for (settled, crashes) in [Settled::Applied(().into()), Settled::NotApplied]
        .into_iter()
        .flat_map(|settled| [false, true].map(|crashes| (settled.clone(), crashes)))
    {
        let said = format!("{settled:?} {crashes}");
        let (store, world) = (Memory::shared(), World::default());
        let one = worker(&store, "one", &world).await;
        let two = worker(&store, "two", &world).await;
        let is_undone = matches!(settled, Settled::NotApplied);
        drop(in_doubt(&one, &world, false, 3).await);
        let first = send(&store, Action::Cancel, ada()).await;
        sleep(Duration::from_secs(5)).await;
        let one = Some(one).filter(|_| !crashes);
        let second = send(&store, Action::Cancel, ada()).await;
        let step = "paid".to_owned();
        let settle = send(&store, Action::Settle { step, settled }, ada()).await;
        let handle = two.handle::<Buy>("b").await.unwrap();
        let outcome = timeout(Duration::from_secs(30), handle.outcome()).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("{said}: the operator knows"));
        let outcome = outcome.unwrap();
        assert_eq!(
            matches!(outcome, DurableOutcome::Compensated(_)),
            is_undone,
            "{said}: {outcome:?}"
        );
        for message in [first, second, settle] {
            assert_eq!(answer(&store, message).await, Answer::Done, "{said}");
        }
        drop(one);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_of_several_who_ask_is_on_record_and_all_are_answered() {
    for by_message in [false, true] {
        let (store, world) = (Memory::shared(), World::default());
        let one = worker(&store, "one", &world).await;
        let handle = in_doubt(&one, &world, false, 1).await;
        let bob = Attribution::new("bob", "it rains");
        if by_message {
            let first = send(&store, Action::Cancel, ada()).await;
            let second = send(&store, Action::Cancel, bob).await;
            drop(handle.outcome().await.unwrap());
            assert_eq!(answer(&store, first).await, Answer::Done);
            assert_eq!(answer(&store, second).await, Answer::Done);
        } else {
            let first = one.act::<Buy>("b", Action::Cancel, ada());
            let second = one.act::<Buy>("b", Action::Cancel, bob);
            let (first, second) = join!(first, second);
            first.unwrap();
            second.unwrap();
        }
        let history = one.history(&SagaId::new("Buy", "b")).await.unwrap();
        let records = history.iter().map(|entry| &entry.record);
        let records: Vec<_> = records
            .map(|record| serde_json::to_string(record).unwrap())
            .filter(|record| record.contains("cancel_requested"))
            .collect();
        let [record] = &*records else {
            panic!("{records:?}")
        };
        assert!(record.contains(r#""ada""#), "{record}");
    }
}
