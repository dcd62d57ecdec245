//! Sagas that do not say how their events are handed over: a relay does.

use std::time::Duration;

use tokio::time::sleep;
use typed_saga::engine::{EngineError, EventRow, Memory, SagaId, StoreError};

use crate::outbox::world::{Bus, Order, Quiet, started};

const LEASE: Duration = Duration::from_secs(30);

fn payloads(events: &[EventRow]) -> Vec<&str> {
    events.iter().map(|event| event.payload.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_relay_claims_hands_over_and_acknowledges() {
    let bus = Bus::default();
    let engine = started(Memory::new(), &bus).await;
    let quiet = engine.submit("1", Quiet { parcels: 2 }).await.unwrap();
    drop(quiet.outcome().await.unwrap());
    let loud = engine.submit("1", Order { parcels: 1 }).await.unwrap();
    drop(loud.finished().await.unwrap());
    assert_eq!(bus.calls(), 2, "nobody else's are handed to the bus");
    let outbox = engine.outbox();
    let claimed = outbox.claim(9, LEASE).await.unwrap();
    assert_eq!(payloads(&claimed), [r#"{"Sent":0}"#]);
    assert_eq!(outbox.claim(9, LEASE).await.unwrap(), [], "it is claimed");
    outbox.fail(&claimed[0], "no bus").await.unwrap();
    assert_eq!(outbox.claim(9, LEASE).await.unwrap(), [], "it waits");
    sleep(Duration::from_millis(200)).await;
    let claimed = outbox.claim(9, LEASE).await.unwrap();
    assert_eq!(claimed[0].why.as_deref(), Some("no bus"));
    assert_eq!((claimed[0].failures, claimed[0].turn), (1, 2));
    // A relay that dies says nothing.
    sleep(LEASE).await;
    let again = outbox.claim(9, LEASE).await.unwrap();
    assert_eq!(payloads(&again), [r#"{"Sent":0}"#]);
    match outbox.acknowledge(&claimed[0]).await {
        Err(EngineError::Store(StoreError::NotHeld { .. })) => {}
        other => panic!("its claim has ended: {other:?}"),
    }
    for _ in 0..2 {
        outbox.acknowledge(&again[0]).await.unwrap();
    }
    let last = outbox.claim(9, LEASE).await.unwrap();
    assert_eq!(payloads(&last), [r#"{"Sent":1}"#]);
    let waits = tokio::time::timeout(LEASE / 2, quiet.finished()).await;
    assert!(waits.is_err(), "it is not delivered");
    outbox.acknowledge(&last[0]).await.unwrap();
    drop(quiet.finished().await.unwrap());
    assert_eq!(outbox.undelivered().await.unwrap(), []);
    assert!(
        outbox
            .redeliver(&SagaId::new("Quiet", "1"), Some(0))
            .await
            .unwrap()
    );
    let again = outbox.claim(9, LEASE).await.unwrap();
    assert_eq!(payloads(&again), [r#"{"Sent":0}"#]);
    drop(engine);
    match outbox.claim(9, LEASE).await {
        Err(EngineError::Stopped { .. }) => {}
        other => panic!("the engine is gone: {other:?}"),
    }
}
