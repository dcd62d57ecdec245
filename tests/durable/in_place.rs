//! Commits that block the thread of their task: where that may be, and what they must not hold up.

use crate::durable::{
    basics::{Tower, TowerServices},
    store::Troubled,
    world::{Trouble, World},
};
use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    thread,
    time::Duration,
};
use tokio::{
    runtime::Builder,
    sync::Notify,
    task::LocalSet,
    time::{sleep, timeout},
};
use typed_saga::{
    engine::{Engine, EngineError, Memory, ReadStore, SagaId},
    saga,
};

async fn engine(store: &Troubled, world: &World) -> Engine {
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Tower>(services);
    builder.start().await.unwrap()
}

async fn build(engine: &Engine) {
    let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 42);
}

fn blocked(store: &Troubled) -> u32 {
    store.blocked.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_several_threads_commits_are_made_in_place() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    build(&engine(&store, &world).await).await;
    assert_eq!(blocked(&store), 3, "all but the one that creates it");
}

#[tokio::test]
async fn where_there_is_one_thread_nothing_blocks_it() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    build(&engine(&store, &world).await).await;
    assert_eq!(blocked(&store), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_a_local_task_submits_is_none_itself() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    let engine = engine(&store, &world).await;
    LocalSet::new().run_until(build(&engine)).await;
    assert_eq!(blocked(&store), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_is_where_it_was_submitted() {
    let (store, world) = (Troubled::new(&Memory::new()), World::default());
    let engine = engine(&store, &world).await;
    let elsewhere = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(build(&engine));
    });
    elsewhere.join().unwrap();
    assert_eq!(blocked(&store), 0);
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(60s)]
    durable saga Pair() with (gate: Arc<Notify>) -> Result<(), Trouble> {
        concurrent {
            #[idempotent]
            step quick(_key) { Ok(()) }
                compensate none

            #[idempotent]
            step patient(gate, _key) { gate.notified().await; Ok(()) }
                compensate none
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_is_not_held_up_by_the_commit_of_a_sibling() {
    let (store, gate) = (Troubled::new(&Memory::new()), Arc::new(Notify::new()));
    let services = PairServices { gate: gate.clone() };
    let builder = Engine::builder(store.clone()).register::<Pair>(services);
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("p", Pair {}).await.unwrap();
    let quick_is_on_record = async {
        while handle.status().await.unwrap().row.commits < 2 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(60), quick_is_on_record)
        .await
        .unwrap();
    assert_eq!(blocked(&store), 0, "the other call runs");
    gate.notify_one();
    handle.outcome().await.unwrap().into_result().unwrap();
    assert_eq!(blocked(&store), 1, "nothing runs beside the last commit");
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(60s)]
    durable saga Sawn()
    with (branch: Arc<Mutex<Option<Engine>>>, world: World)
    -> Result<(), Trouble>
    {
        #[idempotent]
        step saw(branch, _key) { drop(branch.lock().unwrap().take()); Ok(()) }
            compensate none

        #[idempotent]
        step sit(world, key) { world.call("+sit", key) }
            compensate none
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_never_waits_ends_with_its_engine() {
    let (memory, world, branch) = (Memory::new(), World::default(), Arc::default());
    let services = SawnServices {
        branch: Arc::clone(&branch),
        world: world.clone(),
    };
    let builder = Engine::builder(Troubled::new(&memory)).register::<Sawn>(services);
    let engine = builder.start().await.unwrap();
    let submitted = engine.submit("s", Sawn {});
    *branch.lock().unwrap() = Some(engine);
    let handle = submitted.await;
    let stopped = match handle {
        Ok(handle) => handle.outcome().await.err(),
        Err(stopped) => Some(stopped),
    };
    assert!(
        matches!(stopped, Some(EngineError::Stopped { .. })),
        "{stopped:?}"
    );
    let saw_is_on_record = async {
        while stored(&memory).await < 2 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(60), saw_is_on_record)
        .await
        .unwrap();
    sleep(Duration::from_millis(50)).await;
    assert_eq!(world.calls(), "");
}

async fn stored(store: &Memory) -> usize {
    let stored = store.load(SagaId::new("Sawn", "s")).await.unwrap();
    stored.map_or(0, |stored| stored.commits.len())
}
