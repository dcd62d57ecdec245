//! What an engine does with the events of sagas that say how they are handed over.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::{Instant, sleep};
use typed_saga::{
    Completeness,
    engine::{
        Action, Attribution, DurableOutcome, Engine, EventFilter, EventRow, Filter, Memory,
        ReadStore, SagaId, Time,
    },
};
use typed_saga_conformance::Faulty;

use crate::outbox::{
    audit::{audit, due, expected},
    world::{Bus, Does, Event, Order, TELLS, UNTOLD, Undelivered, builder, started},
};

fn order(id: &str) -> SagaId {
    SagaId::new("Order", id)
}

async fn undelivered(engine: &Engine) -> Vec<(String, u64)> {
    let filter = EventFilter {
        undelivered: true,
        ..EventFilter::default()
    };
    let left = engine.outbox().list(filter).await.unwrap();
    let name = |event: &EventRow| (event.saga.id.to_string(), event.number);
    left.iter().map(name).collect()
}

#[tokio::test(start_paused = true)]
async fn events_are_handed_over_in_order_under_their_keys() {
    let (store, bus) = (Memory::new(), Bus::default());
    let engine = started(store.clone(), &bus).await;
    for (id, parcels) in [("1", 3), ("2", 0)] {
        let before = bus.handed().len();
        let handle = engine.submit(id, Order { parcels }).await.unwrap();
        let outcome = handle.finished().await.unwrap();
        assert_eq!(
            matches!(outcome, DurableOutcome::Completed(3)),
            parcels == 3
        );
        let handed = bus.handed()[before..].to_vec();
        let wrong = audit(&due(&store, id, parcels).await, &handed, 0);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let all = engine.outbox().list(EventFilter::default()).await.unwrap();
    assert_eq!(all.len(), 5);
    for event in all {
        assert!(event.delivered.is_some() && event.turn == 1, "{event:?}");
        let handed = bus.handed();
        assert!(handed.iter().any(|(_, key)| *key == event.key));
    }
    assert_eq!(engine.outbox().undelivered().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn the_first_event_of_a_saga_takes_one_write() {
    let (store, bus) = (Faulty::new(Memory::new()), Bus::default());
    let engine = started(store.clone(), &bus).await;
    let before = store.writes();
    let handle = engine.submit("1", Order { parcels: 0 }).await.unwrap();
    drop(handle.finished().await.unwrap());
    let written = store.writes() - before;
    let stored = store.load(order("1")).await.unwrap().unwrap();
    assert_eq!(bus.events(), [Event::Failed(0)]);
    assert_eq!(
        written,
        stored.row.commits + 1,
        "the end of the saga claims its event, so only what became of it is left to write"
    );
}

#[tokio::test(start_paused = true)]
async fn more_sagas_than_events_are_handed_over_at_once_end_together() {
    let (store, bus) = (Memory::new(), Bus::default());
    let engine = started(store.clone(), &bus).await;
    let mut handles = Vec::new();
    for id in 0..100 {
        let order = engine.submit(id.to_string(), Order { parcels: 1 });
        handles.push(order.await.unwrap());
    }
    for handle in handles {
        drop(handle.finished().await.unwrap());
    }
    for id in 0..100 {
        let due = due(&store, &id.to_string(), 1).await;
        let mut handed = bus.handed();
        handed.retain(|(_, key)| due.iter().any(|(_, own)| own == key));
        let wrong = audit(&due, &handed, 0);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let all = engine.outbox().list(EventFilter::default()).await.unwrap();
    assert!(
        all.iter().all(|event| event.turn == 1),
        "each is claimed once"
    );
}

#[tokio::test(start_paused = true)]
async fn the_caller_does_not_wait_for_delivery() {
    let bus = Bus::that(&[(1, Does::Hangs)]);
    let engine = started(Memory::new(), &bus).await;
    let handle = engine.submit("1", Order { parcels: 1 }).await.unwrap();
    let before = Instant::now();
    assert!(matches!(
        handle.outcome().await.unwrap(),
        DurableOutcome::Completed(1)
    ));
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(undelivered(&engine).await.len(), 2);
    drop(handle.finished().await.unwrap());
    assert!(
        before.elapsed() >= Duration::from_secs(10),
        "the time-out of the saga is that of `publish`"
    );
    assert_eq!(bus.events(), expected(1));
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_ever_later_and_told_when_it_is_stuck() {
    let (bus, heard) = (Bus::down(12), Undelivered::default());
    let engine = builder(Memory::new(), &bus).observe(heard.clone());
    let engine = engine.start().await.unwrap();
    let handle = engine.submit("1", Order { parcels: 1 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let before = Instant::now();
    while bus.calls() < 9 {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(heard.all(), [""; 0], "nine are none too many");
    drop(handle.finished().await.unwrap());
    // The waits are random, up to 0.2 s, 0.4 s, … 300 s.
    assert!(before.elapsed() < Duration::from_secs(2 * 410));
    assert_eq!(bus.calls(), 12 + 2);
    let [stuck] = &heard.all()[..] else {
        panic!("told once: {:?}", heard.all())
    };
    assert!(
        stuck.starts_with("Order/1 0 s1") && stuck.ends_with(": the bus is down"),
        "{stuck}"
    );
    assert_eq!(bus.events(), expected(1));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_stuck_holds_up_its_own_saga_only_until_it_is_asked_for() {
    let bus = Bus::down(10);
    let engine = started(Memory::new(), &bus).await;
    let stuck = engine.submit("1", Order { parcels: 2 }).await.unwrap();
    drop(stuck.outcome().await.unwrap());
    let is_stuck = EventFilter {
        stuck: true,
        ..EventFilter::default()
    };
    while engine
        .outbox()
        .list(is_stuck.clone())
        .await
        .unwrap()
        .is_empty()
    {
        sleep(Duration::from_millis(10)).await;
    }
    let [stat] = &engine.outbox().undelivered().await.unwrap()[..] else {
        panic!("of one name")
    };
    assert_eq!((stat.undelivered, stat.stuck), (3, 1));
    let other = engine.submit("2", Order { parcels: 1 }).await.unwrap();
    drop(other.finished().await.unwrap());
    assert_eq!(bus.events(), expected(1), "another saga's are not held up");
    let (before, outbox) = (Instant::now(), engine.outbox());
    assert!(outbox.redeliver(&order("1"), None).await.unwrap());
    drop(stuck.finished().await.unwrap());
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "it was due at once"
    );
    assert!(outbox.redeliver(&order("1"), Some(1)).await.unwrap());
    drop(stuck.finished().await.unwrap());
    let again = bus.events();
    assert_eq!(again.last(), Some(&Event::Sent(0)), "{again:?}");
    assert!(!outbox.redeliver(&order("3"), None).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn sagas_are_served_side_by_side() {
    let hang: Vec<_> = (1..=20).map(|call| (call, Does::Hangs)).collect();
    let bus = Bus::that(&hang);
    let engine = started(Memory::new(), &bus).await;
    let mut handles = Vec::new();
    for id in 0..40 {
        let saga = engine.submit(id.to_string(), Order { parcels: 0 });
        handles.push(saga.await.unwrap());
    }
    let before = Instant::now();
    for handle in handles {
        drop(handle.finished().await.unwrap());
    }
    // 20 time-outs of 10 s each, at once.
    assert!(
        before.elapsed() < Duration::from_secs(20),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure() {
    let bus = Bus::that(&[(1, Does::Panics)]);
    let engine = started(Memory::new(), &bus).await;
    let handle = engine.submit("1", Order { parcels: 1 }).await.unwrap();
    drop(handle.finished().await.unwrap());
    assert_eq!(bus.events(), expected(1));
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_what_is_being_handed_over_and_the_next_engine_does_the_rest() {
    for limit in [Duration::from_secs(60), Duration::from_millis(1)] {
        let (store, bus) = (Memory::new(), Bus::that(&[(1, Does::Hangs)]));
        let engine = started(store.clone(), &bus).await;
        let handle = engine.submit("1", Order { parcels: 1 }).await.unwrap();
        drop(handle.outcome().await.unwrap());
        while bus.calls() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let before = Instant::now();
        assert_eq!(engine.shutdown(limit).await, []);
        let waited = before.elapsed() >= Duration::from_secs(9);
        assert_eq!(
            waited,
            limit > Duration::from_secs(9),
            "{:?}",
            before.elapsed()
        );
        assert_eq!(bus.calls(), 1, "nothing is handed over any more");
        let next = started(store, &bus).await;
        let handle = next.handle::<Order>("1").await.unwrap();
        drop(handle.finished().await.unwrap());
        assert_eq!(bus.events(), expected(1));
    }
}

#[tokio::test(start_paused = true)]
async fn purge_spares_what_is_not_delivered() {
    let (store, bus) = (Memory::new(), Bus::down(3));
    let engine = started(store, &bus).await;
    let handle = engine.submit("1", Order { parcels: 1 }).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let purge = || engine.purge(Filter::default(), Time(i64::MAX));
    assert_eq!(purge().await.unwrap(), 0);
    drop(handle.finished().await.unwrap());
    assert_eq!(purge().await.unwrap(), 1);
    assert_eq!(
        engine.outbox().list(EventFilter::default()).await.unwrap(),
        []
    );
}

#[tokio::test(start_paused = true)]
async fn a_saga_whose_events_cannot_be_made_parks_until_they_can() {
    let (store, bus) = (Memory::new(), Bus::default());
    let engine = started(store.clone(), &bus).await;
    let who = Attribution::default;
    for id in ["resumed", "abandoned"] {
        let handle = engine.submit(id, Order { parcels: UNTOLD }).await.unwrap();
        let DurableOutcome::Parked(parked) = handle.finished().await.unwrap() else {
            panic!("an event that cannot be made is not lost")
        };
        let Completeness::Parked(unsettled) = parked.error().completeness() else {
            panic!("{parked:?}")
        };
        assert_eq!(unsettled.unfinished, ["emit"]);
    }
    engine.resume::<Order>("resumed", who()).await.unwrap();
    let handle = engine.handle::<Order>("resumed").await.unwrap();
    assert!(
        matches!(handle.finished().await.unwrap(), DurableOutcome::Parked(_)),
        "as before"
    );
    drop(engine.shutdown(Duration::from_secs(9)).await);
    TELLS.store(true, Ordering::SeqCst);
    let engine = started(store.clone(), &bus).await;
    let abandon = engine.act::<Order>("abandoned", Action::Abandon, who());
    abandon.await.unwrap();
    assert_eq!(
        engine.outbox().list(EventFilter::default()).await.unwrap(),
        []
    );
    engine.resume::<Order>("resumed", who()).await.unwrap();
    let handle = engine.handle::<Order>("resumed").await.unwrap();
    assert!(matches!(
        handle.finished().await.unwrap(),
        DurableOutcome::Completed(_)
    ));
    let wrong = audit(&due(&store, "resumed", UNTOLD).await, &bus.handed(), 0);
    assert!(wrong.is_empty(), "{wrong:?}");
    let handle = engine.handle::<Order>("abandoned").await.unwrap();
    assert!(matches!(
        handle.finished().await.unwrap(),
        DurableOutcome::Abandoned { .. }
    ));
}
