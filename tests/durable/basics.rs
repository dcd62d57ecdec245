//! Submitting, joining, inspecting.

use crate::durable::world::{Trouble, World};
use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};
use tokio::time::timeout;
use typed_saga::{
    Verdict,
    engine::{
        DurableOutcome, Engine, EngineError, Filter, Memory, ReadStore, SagaId, State,
        for_operators::host,
    },
    saga,
};
use typed_saga_conformance::Faulty;

saga! {
    /// Two things put up, then one more for good.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Tower(height: u32) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step base(world, height, key) -> u32 { world.call("+base", key)?; Ok(height * 10) }
            compensate(world, key) { world.call("-base", key) }

        #[retry(3, 1s..10s, jitter = false)] #[idempotent]
        step wall(world, base, key) -> u32 { world.call("+wall", key)?; Ok(base + 1) }
            compensate(world, key) { world.call("-wall", key) }

        #[idempotent]
        pivot roof(world, wall, key) -> u32 { world.call("+roof", key)?; Ok(wall + 1) }

        roof
    }
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Later(on: bool) -> Result<(), Trouble> {
        sleep first(10ms);

        #[when(on => { ASKED.fetch_add(1, SeqCst); *on })]
        read value() { Ok(()) }

        sleep second(10ms);

        for item: u32 in (on => { ASKED.fetch_add(1, SeqCst); vec![u32::from(*on)] })
        read items(item) -> u32 { Ok(*item) }

        let _ = (value, items);
    }
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store.clone()).register::<Tower>(services);
    builder.start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_saga_completes_and_stays_on_record() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let handle = engine.submit("t-1", Tower { height: 4 }).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 42);
    assert_eq!(world.calls(), "+base +wall +roof");

    let loaded = engine.load::<Tower>("t-1").await.unwrap();
    assert_eq!(loaded.input.height, 4);
    assert_eq!(loaded.effects.wall, Some(41));
    assert_eq!(loaded.status.row.state, State::Completed);
    assert_eq!(loaded.status.why, "completed");
    let rows = engine.list(Filter::default()).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_commit_for_each_step() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let handle = engine.submit("t-1", Tower { height: 4 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let history = engine.history(&SagaId::new("Tower", "t-1")).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|entry| {
            let record = serde_json::to_string(&entry.record).unwrap();
            format!("{} {record}", entry.seq)
        })
        .collect();
    let definition = format!("{:016x}", Tower::DEFINITION.fingerprint());
    assert_eq!(
        told,
        [
            &format!(r#"0 {{"what":"started","definition":"{definition}"}}"#),
            r#"0 {"what":"attempting","step":"base"}"#,
            r#"1 {"what":"applied","step":"base","value":40}"#,
            r#"1 {"what":"attempting","step":"wall"}"#,
            r#"2 {"what":"applied","step":"wall","value":41}"#,
            r#"2 {"what":"attempting","step":"roof"}"#,
            r#"3 {"what":"applied","step":"roof","value":42}"#,
            r#"3 {"what":"ended","value":42,"end":"completed"}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_submission_joins_and_another_one_is_refused() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    let one = engine.submit("t-1", Tower { height: 4 }).await.unwrap();
    let two = engine.submit("t-1", Tower { height: 4 }).await.unwrap();
    let other = engine.submit("t-1", Tower { height: 5 }).await;
    assert!(
        matches!(other, Err(EngineError::OtherInput { .. })),
        "{other:?}"
    );
    assert_eq!(one.outcome().await.unwrap().into_result().unwrap(), 42);
    assert_eq!(two.outcome().await.unwrap().into_result().unwrap(), 42);
    let three = engine.submit("t-1", Tower { height: 4 }).await.unwrap();
    assert_eq!(three.outcome().await.unwrap().into_result().unwrap(), 42);
    assert_eq!(world.calls(), "+base +wall +roof");
}

#[tokio::test(start_paused = true)]
async fn a_failing_saga_is_compensated_and_says_why() {
    let (store, world) = (Memory::new(), World::default());
    let engine = engine(&store, &world).await;
    world.fails("+roof", Trouble(Verdict::Refused, "no roof".into()));
    let handle = engine.submit("t-1", Tower { height: 4 }).await.unwrap();
    let DurableOutcome::Compensated(error) = handle.outcome().await.unwrap() else {
        panic!("it is compensated");
    };
    assert_eq!(
        error.to_string(),
        "step `roof` failed: no roof; everything before it was undone"
    );
    assert_eq!(world.calls(), "+base +wall +roof -wall -base");
    // Another handle, later: from the record.
    drop(handle);
    let handle = engine.handle::<Tower>("t-1").await.unwrap();
    let DurableOutcome::Compensated(error) = handle.outcome().await.unwrap() else {
        panic!("it is compensated");
    };
    assert_eq!(
        error.to_string(),
        "step `roof` failed: no roof; everything before it was undone"
    );
}

/// In two containers, two processes may have the same number.
#[tokio::test(start_paused = true)]
async fn an_engine_is_known_by_its_process_and_its_host() {
    let (store, id) = (Memory::shared(), std::process::id());
    let unnamed = engine(&store, &World::default()).await;
    let named = Engine::builder(store.clone()).name("web-1");
    let named = named.start().await.unwrap();
    let expected = match &*host() {
        "" => format!("process {id}"),
        host => format!("process {id} on {host}"),
    };
    assert_eq!(store.workers().await.unwrap(), [&*expected, "web-1"]);
    drop((unnamed, named));
}

/// The code behind a wait runs once the commit with the wait is recorded, and not before.
#[tokio::test(start_paused = true)]
async fn no_wait_is_over_before_it_is_recorded() {
    let mut ends = [0; 3];
    for write in 0..12 {
        let (disk, asked) = (Memory::new(), ASKED.load(SeqCst));
        let store = Faulty::new(disk.clone()).crash_before(write);
        let life = async {
            let builder = Engine::builder(store).register::<Later>(LaterServices {});
            let engine = builder.start().await?;
            let handle = engine.submit("1", Later { on: false }).await?;
            handle.outcome().await
        };
        drop(timeout(Duration::from_secs(60), life).await);
        let stored = disk.load(SagaId::new("Later", "1")).await.unwrap();
        let commits = stored.map_or(0, |stored| stored.commits.len());
        let asked = ASKED.load(SeqCst) - asked;
        assert_eq!(asked, commits.min(2), "write {write}");
        ends[asked] += 1;
    }
    assert!(ends.iter().all(|count| *count > 0), "{ends:?}");
}
