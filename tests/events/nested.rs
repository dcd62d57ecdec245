//! The events of a saga that is a step are those of the saga that it is a step of.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use typed_saga::{Outcome, saga};

use crate::events::bus::{Bus, Event};

/// What the child tells.
#[derive(Debug)]
struct Ribbon(String);

impl From<Ribbon> for Event {
    fn from(Ribbon(colour): Ribbon) -> Self {
        Event::Wrapped(colour)
    }
}

/// The child's own way to tell it, which nobody calls.
#[derive(Clone)]
struct Never;

impl Never {
    #[allow(clippy::unused_async, reason = "what `publish` takes")]
    async fn publish(&self, event: &Ribbon) -> Result<(), &'static str> {
        unreachable!("the parent's `publish` is called: {event:?}")
    }
}

saga! {
    saga Wrap(colour: String, refused: bool)
    with (never: Never)
    -> Result<(), &'static str> emit Ribbon
    {
        step ribbon(refused) { if *refused { Err("no ribbon") } else { Ok(()) } }
            compensate none;

        emit(colour => [Ribbon(colour.clone())]);
        emit failed(colour => [Ribbon(format!("no {colour}"))]);
        publish(never, event) = Never::publish;
    }

    saga Send(gift: bool, fragile: bool, later: Arc<AtomicBool>)
    with (bus: Bus, never: Never)
    -> Result<u32, &'static str> emit Event
    {
        step held() -> u32 { Ok(3) }
            compensate none;

        emit(held => [Event::Held(*held)]);

        #[when(gift => *gift)]
        step wrapped() = saga Wrap { colour: "red".to_owned(), refused: false } with (never);

        step padded(fragile) =
            saga Wrap { colour: "grey".to_owned(), refused: *fragile }
        with (never)
            fallback() { Ok(()) }

        step parcel(later) -> u32 {
            if later.load(Ordering::SeqCst) {
                Err("later")
            } else {
                Ok(7)
            }
        }
            compensate none;

        emit(parcel => [Event::Sent(*parcel)]);
        publish(bus, event, key) = Bus::publish;

        parcel
    }
}

fn send(gift: bool, fragile: bool) -> Send {
    let later = Arc::default();
    Send {
        gift,
        fragile,
        later,
    }
}

fn wrapped(colour: &str) -> Event {
    Event::Wrapped(colour.to_owned())
}

#[tokio::test]
async fn a_childs_events_are_told_at_its_place() {
    let bus = Bus::default();
    let outcome = send(true, false)
        .with(bus.clone(), Never)
        .start()
        .finished()
        .await;
    assert!(matches!(outcome, Outcome::Completed(7)), "{outcome:?}");
    let told = [
        Event::Held(3),
        wrapped("red"),
        wrapped("grey"),
        Event::Sent(7),
    ];
    assert_eq!(bus.events(), told);
}

#[tokio::test]
async fn one_that_was_skipped_or_failed_tells_nothing() {
    let bus = Bus::default();
    let outcome = send(false, true)
        .with(bus.clone(), Never)
        .start()
        .finished()
        .await;
    assert!(matches!(outcome, Outcome::Completed(7)), "{outcome:?}");
    assert_eq!(bus.events(), [Event::Held(3), Event::Sent(7)]);
}

#[tokio::test]
async fn one_that_was_called_back_tells_nothing() {
    let (bus, send) = (Bus::default(), send(true, false));
    send.later.store(true, Ordering::SeqCst);
    let outcome = send.with(bus.clone(), Never).start().finished().await;
    assert!(matches!(outcome, Outcome::Compensated(_)), "{outcome:?}");
    assert_eq!(bus.calls(), 0);
}

saga! {
    saga SendAll(colours: Vec<String>, later: bool)
    with (bus: Bus, never: Never)
    -> Result<(), &'static str> emit Event
    {
        #[concurrent(2)]
        for colour: String in (colours => colours.clone())
        step wrapped(colour) = saga Wrap { colour: colour.clone(), refused: false } with (never);

        step parcel(later) -> u32 { if *later { Err("later") } else { Ok(7) } }
            compensate none;

        emit(parcel => [Event::Sent(*parcel)]);
        publish(bus, event, key) = Bus::publish;

        {
            let _ = (wrapped, parcel);
        }
    }
}

#[tokio::test]
async fn those_of_items_are_told_in_the_order_of_the_items() {
    for later in [false, true] {
        let bus = Bus::default();
        let colours = ["red", "grey", "blue"].map(str::to_owned).to_vec();
        let saga = SendAll { colours, later };
        drop(saga.with(bus.clone(), Never).start().finished().await);
        let mut told = ["red", "grey", "blue"].map(wrapped).to_vec();
        told.push(Event::Sent(7));
        assert_eq!(bus.events(), if later { Vec::new() } else { told });
    }
}

#[tokio::test]
async fn a_walk_by_hand_tells_nobody_of_a_childs() {
    let bus = Bus::default();
    let services = SendServices {
        bus: bus.clone(),
        never: Never,
    };
    let held = send(true, false).walk().held(&services).await.unwrap();
    let wrapped = held.wrapped(&services).await.unwrap();
    let padded = wrapped.padded(&services).await.unwrap();
    let completed = padded.parcel(&services).await.unwrap();
    assert_eq!(completed.events(), [Event::Held(3), Event::Sent(7)]);
    assert_eq!(bus.calls(), 0);
}
