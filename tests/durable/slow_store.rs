//! A store that takes long to answer: a lease is renewed in time whatever opening the store took, a request
//! does not wait for the pace of a recovery, and one whose answer is gone says so.

use crate::durable::{
    basics::{Tower, TowerServices},
    fleet::LEASE,
    world::{Trouble, World},
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use typed_saga::{
    engine::{Engine, EngineError, Memory, ReadStore, SagaId, Store},
    saga,
};
use typed_saga_conformance::Faulty;

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_in_time_whatever_opening_the_store_took() {
    // A renewal follows the one before it, so its answer may take less than half of what a lease lasts.
    for hundredths in 1..=44 {
        let (memory, world) = (Memory::shared(), World::default());
        let answer = LEASE * hundredths / 100;
        let store = Faulty::new(memory.clone()).answers_after(answer);
        let services = TowerServices {
            world: world.clone(),
        };
        let builder = Engine::builder(store).register::<Tower>(services);
        let engine = builder.lease(LEASE).name("slow").start().await.unwrap();
        let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
        let saga = handle.saga().clone();
        let first = memory.load(saga.clone()).await.unwrap().unwrap();
        let ended = timeout(LEASE * 20, handle.outcome()).await;
        let ended = ended.unwrap_or_else(|_| panic!("answers after {answer:?}: it stands still"));
        assert_eq!(ended.unwrap().into_result().unwrap(), 42);
        assert_eq!(
            world.calls(),
            "+base +wall +roof",
            "answers after {answer:?}"
        );
        let last = memory.load(saga).await.unwrap().unwrap();
        assert!(first.row.claimed.is_some() && last.commits.len() == 4);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Asked(waits: bool) with (world: World) -> Result<u32, Trouble> {
        #[when(waits => !*waits)]
        sleep rest(1s);

        #[when(waits => *waits)]
        #[timeout(1h)]
        signal go -> u32;

        #[idempotent]
        step done(world, go, key) -> u32 { world.call("+done", key)?; Ok(go.unwrap_or_default()) }
            compensate none

        done
    }
}

async fn engine(store: impl Store, rate: u32, interval: Duration) -> Engine {
    let services = AskedServices {
        world: World::default(),
    };
    let builder = Engine::builder(store).register::<Asked>(services);
    let builder = builder.recovery_rate(rate).unload_after(Duration::ZERO);
    builder.inbox_interval(interval).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_does_not_wait_for_the_pace_of_a_recovery() {
    const INTERVAL: Duration = Duration::from_millis(250);
    let memory = Memory::new();
    let first = engine(memory.clone(), 1000, INTERVAL).await;
    for number in 0..150 {
        let submit = first.submit(format!("{number}"), Asked { waits: false });
        drop(submit.await.unwrap());
    }
    drop(first.submit("asked", Asked { waits: true }).await.unwrap());
    sleep(Duration::from_millis(10)).await;
    first.shutdown(Duration::ZERO).await;
    sleep(Duration::from_secs(2)).await;

    // One after the other: all of it takes 150 s.
    let second = engine(memory.clone(), 1, INTERVAL).await;
    let began = Instant::now();
    for asks in 1..=20_u64 {
        sleep(Duration::from_secs(3)).await;
        let asked = SagaId::new("Asked", "asked");
        let request = r#"{"action":{"signal":{"signal":"none","value":7}}}"#;
        let now = memory.now().await.unwrap();
        let sent = memory.send(asked, request.into(), now).await.unwrap();
        let answered = async || {
            memory
                .message(sent)
                .await
                .unwrap()
                .unwrap()
                .answer
                .is_some()
        };
        let sent = Instant::now();
        while !answered().await {
            assert!(sent.elapsed() <= 2 * INTERVAL, "request {asks} waits");
            sleep(Duration::from_millis(10)).await;
        }
    }
    // And the pace is kept.
    let mut left = Vec::new();
    for number in 0..150 {
        let handle = second.handle::<Asked>(&number.to_string()).await.unwrap();
        left.push(handle);
    }
    for handle in left {
        assert_eq!(handle.outcome().await.unwrap().into_result().unwrap(), 0);
    }
    assert!(
        began.elapsed() > Duration::from_secs(64),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_gone_is_not_waited_for() {
    let memory = Memory::shared();
    let services = AskedServices {
        world: World::default(),
    };
    let builder = Engine::builder(memory.clone()).register::<Asked>(services);
    let builder = builder.inbox_interval(Duration::from_millis(20));
    let builder = builder.unload_after(Duration::from_secs(7200));
    let runs = builder.retain(Duration::from_millis(500)).start().await;
    let runs = runs.unwrap();
    // It looks for the answer when the saga has been purged, with its messages.
    let asks = engine(memory.clone(), 1000, Duration::from_secs(30)).await;
    let handle = runs.submit("x", Asked { waits: true }).await.unwrap();
    sleep(Duration::from_millis(10)).await;
    let signalled = asks.signal::<Asked>("x", AskedSignal::Go(7));
    let (signalled, ended) = tokio::join!(signalled, handle.outcome());
    assert_eq!(ended.unwrap().into_result().unwrap(), 7);
    assert!(memory.load(handle.saga().clone()).await.unwrap().is_none());
    let gone = signalled.unwrap_err();
    assert!(matches!(gone, EngineError::AnswerGone { .. }), "{gone:?}");
    assert_eq!(
        gone.to_string(),
        "Asked/x: another worker has answered the request, and the answer was purged with the saga"
    );
}
