//! Which events a saga has: those of a saga that has completed, in the order of declaration, or
//! those of one that was compensated.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use typed_saga::{Cause, Completeness, Outcome, runtime::End, saga};

use crate::events::bus::{Bus, Event};

/// Fails or panics once, where it is told to.
#[derive(Clone, Default)]
struct Order {
    refused: bool,
    gift: bool,
    parks: bool,
    panics: Arc<AtomicBool>,
}

impl Order {
    fn sent(&self, parcel: u32) -> Event {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "no event");
        Event::Sent(parcel)
    }
}

saga! {
    saga Send(order: Order) with (bus: Bus) -> Result<u32, &'static str> emit Event {
        step held(order) -> u32 { Ok(u32::from(order.gift) + 3) }
            compensate(order) { if order.parks { Err("stays") } else { Ok(()) } }

        emit(held => [Event::Held(*held), Event::Held(held + 1)]);

        when (order => order.gift) {
            step paper() -> u32 { Ok(1) }
                compensate none;

            emit(paper => (*paper == 1).then_some(Event::Paper));
        }

        step parcel(order) -> u32 { if order.refused { Err("refused") } else { Ok(7) } }
            compensate none;

        emit(order, parcel, paper => (order.gift == paper.is_some()).then(|| order.sent(*parcel)));
        emit failed(order, failure => {
            order.sent(0);
            vec![Event::Failed(failure.to_string())]
        });
        publish(bus, event, key) = Bus::publish;

        parcel
    }
}

#[tokio::test]
async fn those_of_a_saga_that_has_completed_in_order() {
    let bus = Bus::default();
    let outcome = Send {
        order: Order::default(),
    }
    .with(bus.clone())
    .start()
    .finished()
    .await;
    assert!(matches!(outcome, Outcome::Completed(7)));
    assert_eq!(
        bus.events(),
        [Event::Held(3), Event::Held(4), Event::Sent(7)]
    );
}

#[tokio::test]
async fn those_in_a_block_count_if_it_was_taken() {
    let (bus, order) = (
        Bus::default(),
        Order {
            gift: true,
            ..Order::default()
        },
    );
    let outcome = Send { order }.with(bus.clone()).start().finished().await;
    assert!(matches!(outcome, Outcome::Completed(7)));
    let told = [Event::Held(4), Event::Held(5), Event::Paper, Event::Sent(7)];
    assert_eq!(bus.events(), told);
}

#[tokio::test]
async fn one_that_was_compensated_has_those_of_emit_failed_alone() {
    let (bus, order) = (
        Bus::default(),
        Order {
            refused: true,
            ..Order::default()
        },
    );
    let outcome = Send { order }.with(bus.clone()).start().finished().await;
    assert_eq!(outcome.end(), End::Compensated);
    assert_eq!(
        bus.events(),
        [Event::Failed("step `parcel` failed: refused".to_owned())]
    );
}

#[tokio::test]
async fn a_parked_saga_has_none_until_it_is_resumed() {
    let order = Order {
        refused: true,
        parks: true,
        ..Order::default()
    };
    let bus = Bus::default();
    let outcome = Send { order }.with(bus.clone()).start().finished().await;
    assert_eq!(outcome.end(), End::Parked);
    assert_eq!(bus.calls(), 0);
}

#[tokio::test]
async fn a_panic_parks_a_completed_saga_and_resuming_asks_again() {
    let order = Order {
        panics: Arc::new(AtomicBool::new(true)),
        ..Order::default()
    };
    let bus = Bus::default();
    let outcome = Send { order }.with(bus.clone()).start().finished().await;
    let Outcome::Parked(parked) = outcome else {
        panic!("it parks: {outcome:?}");
    };
    assert_eq!(parked.unsettled().unfinished, ["emit"]);
    assert_eq!(parked.unsettled().still_applied, ["held", "parcel"]);
    assert_eq!(parked.failure().path(), Some("emit"));
    assert!(
        matches!(parked.failure().cause(), Cause::Panicked(panic) if panic.message() == "no event")
    );
    assert_eq!(bus.calls(), 0, "none is handed over before all are made");
    let outcome = parked.resume().outcome().await;
    assert!(matches!(outcome, Outcome::Completed(7)), "{outcome:?}");
    assert_eq!(
        bus.heard(3).await,
        [Event::Held(3), Event::Held(4), Event::Sent(7)]
    );
}

#[tokio::test]
async fn a_panic_parks_a_compensated_saga_and_resuming_asks_again() {
    let panics = Arc::new(AtomicBool::new(true));
    let order = Order {
        refused: true,
        panics,
        ..Order::default()
    };
    let bus = Bus::default();
    let outcome = Send { order }.with(bus.clone()).outcome().await;
    let Outcome::Parked(parked) = outcome else {
        panic!("it parks: {outcome:?}");
    };
    assert_eq!(parked.unsettled().unfinished, ["emit"]);
    assert_eq!(parked.unsettled().still_applied, [""; 0]);
    assert_eq!(parked.failure().path(), Some("parcel"), "why it went back");
    assert_eq!(parked.also()[0].path(), Some("emit"));
    let outcome = parked.resume().outcome().await;
    let Outcome::Compensated(error) = outcome else {
        panic!("it is compensated: {outcome:?}");
    };
    assert!(matches!(error.completeness(), Completeness::Compensated { left } if left.is_empty()));
    assert_eq!(bus.heard(1).await.len(), 1);
}

saga! {
    /// Its output panics.
    saga Lost() with (bus: Bus) -> Result<u32, &'static str> emit Event {
        read one() -> u32 { Ok(1) }
        emit(one => [Event::Sent(*one)]);
        publish(bus, event, key) = Bus::publish;
        if one == 1 { panic!("lost") } else { one }
    }
}

#[tokio::test]
async fn a_saga_that_lost_its_output_has_events() {
    let bus = Bus::default();
    let outcome = Lost {}.with(bus.clone()).start().finished().await;
    assert!(matches!(outcome, Outcome::OutputLost(_)));
    assert_eq!(bus.events(), [Event::Sent(1)]);
}

#[tokio::test]
async fn a_walk_by_hand_gives_them_at_its_end() {
    use typed_saga::runtime::Branch;
    for gift in [false, true] {
        let bus = Bus::default();
        let services = SendServices { bus: bus.clone() };
        let order = Order {
            gift,
            ..Order::default()
        };
        let held = Send { order }.walk().held(&services).await.unwrap();
        let behind = match held.enter(&services) {
            Branch::Taken(inside) => inside.paper(&services).await.unwrap().leave(),
            Branch::Skipped(behind) => behind,
        };
        let completed = behind.parcel(&services).await.unwrap();
        let held = if gift { 4 } else { 3 };
        let mut told = vec![Event::Held(held), Event::Held(held + 1)];
        told.extend(gift.then_some(Event::Paper));
        told.push(Event::Sent(7));
        assert_eq!(completed.events(), told);
        assert_eq!((completed.output(), bus.calls()), (7, 0), "nobody is told");
    }
}

saga! {
    /// The block is taken in the first round alone, in which the last step fails.
    saga Notify(takes: Arc<AtomicBool>, fails: Arc<AtomicBool>)
    with (bus: Bus)
    -> Result<(), &'static str> emit Event
    {
        #[savepoint(1, 1ms..1ms)]
        read round() -> u32 { Ok(1) }

        when (takes => takes.swap(false, Ordering::SeqCst)) {
            step card() -> u32 { Ok(3) }
                compensate(card) { if *card == 3 { Ok(()) } else { Err("another one") } }

            emit(card => [Event::Sent(*card)]);
        }

        step last(fails, round) {
            if fails.swap(false, Ordering::SeqCst) && *round == 1 {
                Err("not now")
            } else {
                Ok(())
            }
        }
            compensate none

        publish(bus, event, key) = Bus::publish;
    }
}

/// The step that the event is about was undone.
#[tokio::test(start_paused = true)]
async fn none_of_a_block_that_a_rerun_skips() {
    for (fails, events) in [(true, &[][..]), (false, &[Event::Sent(3)])] {
        let bus = Bus::default();
        let saga = Notify {
            takes: Arc::new(AtomicBool::new(true)),
            fails: Arc::new(AtomicBool::new(fails)),
        };
        let outcome = saga.with(bus.clone()).start().finished().await;
        assert_eq!(outcome.end(), End::Completed, "{outcome:?}");
        assert_eq!(bus.events(), events);
    }
}

saga! {
    saga Which(sum: u32) with (bus: Bus) -> Result<(), &'static str> emit Event {
        when (sum => *sum > 100) {
            read large(sum) -> u32 { Ok(*sum) }
            emit(large => [Event::Held(*large)]);
        } else when (sum => *sum > 10) {
            read small(sum) -> u32 { Ok(*sum) }
            emit(small => [Event::Sent(*small)]);
        } else {
            emit(sum => [Event::Failed(sum.to_string())]);
        }
        publish(bus, event, key) = Bus::publish;
    }
}

#[tokio::test]
async fn those_of_the_arm_that_was_taken() {
    for (sum, event) in [
        (500, Event::Held(500)),
        (50, Event::Sent(50)),
        (5, Event::Failed("5".to_owned())),
    ] {
        let bus = Bus::default();
        let outcome = Which { sum }.with(bus.clone()).start().finished().await;
        assert_eq!(outcome.end(), End::Completed);
        assert_eq!(bus.events(), [event]);
    }
}
