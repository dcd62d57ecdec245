//! What an engine finds out when it starts, of sagas that nothing is due of: a deployment that cannot
//! go on with them is noticed at once, not when their signal comes.

use crate::durable::{
    cut::answer_to,
    fleet::LEASE,
    weak::{file, open},
    world::{Trouble, World},
};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, Filter, Fits, Memory, ReadStore as _, SagaId,
        SagaType, State, Store, Time, fits, for_operators::Request,
    },
    saga,
};
use typed_saga_conformance::Faulty;

macro_rules! version {
    ($version:ident, $step:ident) => {
        mod $version {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            saga! {
                #[classify(Trouble::verdict)]
                #[timeout(5s)]
                pub(super) durable saga Order() with (world: World) -> Result<(), Trouble> {
                    #[idempotent]
                    step $step(world, key) -> u32 { world.call("+paid", key)?; Ok(1) }
                        #[retry(1)]
                        compensate(world, $step, key) { let _ = $step; world.call("-paid", key) }
                    #[timeout(never)]
                    signal approval -> bool;
                    #[idempotent]
                    step label(world, approval, key) -> u32 {
                        let _ = approval;
                        world.call("+label", key)?;
                        Ok(2)
                    }
                        compensate(world, label, key) { let _ = label; world.call("-label", key) }
                }
            }
        }
    };
}

version! { old, payment }
version! { new, charge }

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Unlike() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step other(world, key) -> () { world.call("+other", key) }
            compensate none;
    }
}

async fn old_engine(store: impl Store, world: &World) -> Engine {
    let world = world.clone();
    let services = old::OrderServices { world };
    let builder = Engine::builder(store).register::<old::Order>(services);
    builder.lease(LEASE).start().await.unwrap()
}

async fn new_engine(store: impl Store, world: &World) -> Engine {
    let world = world.clone();
    let services = new::OrderServices { world };
    let builder = Engine::builder(store).register::<new::Order>(services);
    builder.lease(LEASE).start().await.unwrap()
}

/// Two orders that wait for their approval, and one that is parked; no engine runs them.
async fn orders(store: impl Store, world: &World) {
    let engine = old_engine(store, world).await;
    for order in ["one", "two"] {
        drop(engine.submit(order, old::Order {}).await.unwrap());
    }
    settled(&engine, "two", State::Waiting).await;
    let parked = engine.submit("parked", old::Order {}).await.unwrap();
    settled(&engine, "parked", State::Waiting).await;
    world.fails("-paid", Trouble(Verdict::Refused, "too late".into()));
    parked.cancel().await.unwrap();
    settled(&engine, "parked", State::Parked).await;
    assert_eq!(engine.shutdown(Duration::from_secs(5)).await, []);
}

/// Waits until it is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if is_so().await {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("it never is");
}

async fn settled(engine: &Engine, order: &str, state: State) {
    let saga = SagaId::new("Order", order);
    until(async || engine.status(&saga).await.unwrap().row.state == state).await;
}

/// Why the orders are unreadable, as their rows say, which other processes read.
async fn listed(engine: &Engine) -> Vec<(String, String)> {
    let rows = engine.list(Filter::default()).await.unwrap();
    let listed = rows.into_iter().filter_map(|row| {
        let why = row.unreadable?;
        Some((row.saga.id.to_string(), why.to_string()))
    });
    listed.collect()
}

/// A step is renamed, deployed, and rolled back.
async fn renamed<S: Store>(store: impl AsyncFn() -> S) {
    let world = World::default();
    orders(store().await, &world).await;
    let before = fits(
        &store().await,
        [SagaType::of::<old::Order, old::OrderServices>()],
    )
    .await
    .unwrap();
    assert_eq!((before.fit, before.unfit.len()), (3, 0));
    let after = fits(
        &store().await,
        [SagaType::of::<new::Order, new::OrderServices>()],
    )
    .await
    .unwrap();
    assert_eq!((after.fit, after.unfit.len()), (0, 3), "{after:?}");

    let engine = new_engine(store().await, &world).await;
    until(async || engine.unreadable().len() == 3).await;
    let why = "its definition has changed: step `payment` is not there any more";
    let all = ["one", "parked", "two"].map(|id| (id.to_owned(), why.to_owned()));
    until(async || listed(&engine).await.len() == 3).await;
    assert_eq!(listed(&engine).await, all);
    assert_eq!(engine.shutdown(Duration::from_secs(5)).await, []);
    drop(engine);

    let engine = old_engine(store().await, &world).await;
    until(async || listed(&engine).await.is_empty()).await;
    assert_eq!(engine.unreadable().len(), 0);
    settled(&engine, "parked", State::Parked).await;
    settled(&engine, "two", State::Waiting).await;
    let yes = old::OrderSignal::Approval(true);
    engine.signal::<old::Order>("one", yes).await.unwrap();
    let order = engine.handle::<old::Order>("one").await.unwrap();
    let outcome = order.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    assert_eq!(engine.shutdown(Duration::from_secs(5)).await, []);
}

#[tokio::test]
async fn orders_that_wait_are_listed_after_a_deployment_and_no_more_after_a_rollback() {
    let memory = Memory::default();
    renamed(async || memory.clone()).await;
    let path = file("review");
    renamed(async || open(&path).await).await;
}

/// A saga that was deleted, or renamed, where no other program may have it.
#[tokio::test]
async fn orders_that_nobody_registers_are_listed() {
    let (memory, world) = (Memory::default(), World::default());
    orders(memory.clone(), &world).await;
    let services = UnlikeServices { world };
    let builder = Engine::builder(memory).register::<Unlike>(services);
    let engine = builder.start().await.unwrap();
    let why = "no saga of this name is registered";
    let all = ["one", "parked", "two"].map(|id| (id.to_owned(), why.to_owned()));
    until(async || listed(&engine).await.len() == 3).await;
    assert_eq!(listed(&engine).await, all);
    assert_eq!(engine.unreadable().len(), 3);
}

/// An engine that registers no order, and looks at one a second.
async fn strange_engine(store: &Memory, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Unlike>(UnlikeServices { world });
    let builder = builder.lease(LEASE).recovery_rate(1);
    builder.start().await.unwrap()
}

/// Asserts that an order that has ended is nobody's, and that nobody misses anything of it.
async fn is_over(engine: &Engine, store: &Memory, order: &str) {
    let saga = SagaId::new("Order", order);
    let rows = store.list(Filter::of(saga.clone())).await.unwrap();
    assert_eq!(rows[0].state, State::Completed);
    assert_eq!((rows[0].claimed, &rows[0].unreadable), (None, &None));
    let listed = engine.unreadable();
    assert!(listed.iter().all(|(of, _)| *of != saga), "{listed:?}");
}

/// They were in flight when the look began.
#[tokio::test(start_paused = true)]
async fn orders_that_end_during_the_look_are_not_listed() {
    let (memory, world) = (Memory::shared(), World::default());
    orders(memory.clone(), &world).await;
    let strange = strange_engine(&memory, &world).await;
    until(async || !listed(&strange).await.is_empty()).await;
    let old = old_engine(memory.clone(), &world).await;
    let yes = old::OrderSignal::Approval(true);
    old.signal::<old::Order>("two", yes).await.unwrap();
    settled(&old, "two", State::Completed).await;
    sleep(LEASE).await;
    is_over(&strange, &memory, "two").await;
}

/// Somebody asks something of it while no engine can read it.
#[tokio::test(start_paused = true)]
async fn orders_that_have_ended_are_not_listed_for_a_request() {
    let (memory, world) = (Memory::shared(), World::default());
    orders(memory.clone(), &world).await;
    let old = old_engine(memory.clone(), &world).await;
    let yes = old::OrderSignal::Approval(true);
    old.signal::<old::Order>("one", yes).await.unwrap();
    settled(&old, "one", State::Completed).await;
    assert_eq!(old.shutdown(Duration::from_secs(5)).await, []);
    let strange = strange_engine(&memory, &world).await;
    let request = Request {
        action: Action::Cancel,
        who: Attribution::new("ada", "enough"),
    };
    let text = serde_json::to_string(&request).unwrap();
    let number = memory
        .send(SagaId::new("Order", "one"), text, Time(1))
        .await;
    let number = number.unwrap();
    until(async || answer_to(&memory, number).await.is_some()).await;
    sleep(LEASE).await;
    is_over(&strange, &memory, "one").await;
}

/// Before they are, a deployment can know.
#[tokio::test]
async fn orders_that_nobody_would_register_do_not_fit() {
    let (memory, path, world) = (Memory::default(), file("review_deleted"), World::default());
    orders(memory.clone(), &world).await;
    orders(open(&path).await, &world).await;
    let found = [
        fits(&memory, [SagaType::of::<Unlike, UnlikeServices>()])
            .await
            .unwrap(),
        fits(
            &open(&path).await,
            [SagaType::of::<Unlike, UnlikeServices>()],
        )
        .await
        .unwrap(),
    ];
    for Fits { fit, unfit, .. } in found {
        let unfit = unfit.iter().map(|(saga, why)| format!("{saga}: {why}"));
        let unfit: Vec<_> = unfit.collect();
        let why = "no saga of this name is registered";
        let all = ["one", "parked", "two"].map(|id| format!("{}: {why}", SagaId::new("Order", id)));
        assert_eq!((fit, unfit), (0, all.to_vec()));
    }
    let both = [
        SagaType::of::<Unlike, UnlikeServices>(),
        SagaType::of::<old::Order, old::OrderServices>(),
    ];
    let found = fits(&memory, both).await.unwrap();
    assert_eq!((found.fit, found.unfit.len()), (3, 0));
}

/// Whichever read or write of the look fails, it is made good.
#[tokio::test(start_paused = true)]
async fn orders_that_wait_are_listed_though_the_store_was_away() {
    for call in 0..12 {
        let (memory, world) = (Memory::default(), World::default());
        orders(memory.clone(), &world).await;
        let faulty = Faulty::new(memory.clone()).unavailable(call..call + 2);
        let services = new::OrderServices {
            world: world.clone(),
        };
        let builder = Engine::builder(faulty).register::<new::Order>(services);
        // A store that is away when it is opened is no engine.
        let Ok(engine) = builder.start().await else {
            continue;
        };
        sleep(Duration::from_secs(60)).await;
        assert_eq!(listed(&engine).await.len(), 3, "call {call}");
        assert_eq!(engine.unreadable().len(), 3, "call {call}");
        for row in engine.list(Filter::default()).await.unwrap() {
            assert_eq!(row.claimed, None, "call {call}: {row:?}");
        }
    }
}

/// Of a fleet, the workers of the new version say nothing of what those of the old one run.
#[tokio::test(start_paused = true)]
async fn a_fleet_lists_what_no_version_in_it_can_read() {
    let (memory, world) = (Memory::shared(), World::default());
    orders(memory.clone(), &world).await;
    let old = old_engine(memory.clone(), &world).await;
    let newer = [
        new_engine(memory.clone(), &world).await,
        new_engine(memory.clone(), &world).await,
    ];
    sleep(LEASE * 9).await;
    assert_eq!(listed(&old).await, [], "the old version can read them");
    assert_eq!(old.shutdown(Duration::from_secs(5)).await, []);
    sleep(LEASE / 2).await;
    assert_eq!(listed(&newer[0]).await, [], "it may be about to come back");
    let why = "its definition has changed: step `payment` is not there any more";
    let all = ["one", "parked", "two"].map(|id| (id.to_owned(), why.to_owned()));
    sleep(LEASE * 3).await;
    assert_eq!(listed(&newer[0]).await, all);
    let found = newer.each_ref().map(|engine| engine.unreadable().len());
    assert!(
        found == [3, 0] || found == [0, 3],
        "one looks for all: {found:?}"
    );

    // Rolled back, while the new version is still there.
    let old = old_engine(memory.clone(), &world).await;
    sleep(LEASE * 3).await;
    assert_eq!(listed(&old).await, []);
    for row in old.list(Filter::default()).await.unwrap() {
        assert_eq!(row.claimed, None, "{row:?}");
    }
    // A request reaches the worker that can do it.
    let (saga, yes) = (
        SagaId::new("Order", "one"),
        old::OrderSignal::Approval(true),
    );
    old.signal::<old::Order>("one", yes).await.unwrap();
    settled(&old, "one", State::Completed).await;
    assert_eq!(newer[0].status(&saga).await.unwrap().row.unreadable, None);
}
