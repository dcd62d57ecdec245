//! What `saga!` says of a durable saga beside its code: how inputs, effects and output are kept,
//! and which services run it.

pub mod documented;
mod generic;
mod hygiene;

use std::{future::ready, sync::Arc};

use serde::{Deserialize, Serialize};
use typed_saga::{
    runtime::{Durable, Machine, Services},
    saga,
};

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Refused;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Trip {
    to: String,
    nights: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Booking {
    room: u16,
}

#[derive(Clone)]
struct Hotels(Arc<u16>);

impl Hotels {
    async fn book(&self, trip: &Trip) -> Result<Booking, Refused> {
        let room = *self.0 + u16::from(trip.nights);
        ready(Ok(Booking { room })).await
    }

    async fn cancel(&self, _: &Booking) -> Result<(), Refused> {
        ready(Ok(())).await
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Book(trip: Trip, r#type: Option<u8>) with (hotels: Hotels) -> Result<_, Refused> {
        #[idempotent(by = trip)]
        #[name = "the-room"]
        step booking(hotels, trip) -> Booking = Hotels::book
            compensate(hotels, booking) = Hotels::cancel;

        #[when(r#type => r#type.is_some())]
        read car(r#type) -> Option<u8> { Ok(*r#type) }

        #[when(trip => trip.nights > 1)]
        read checked(trip) { let _ = trip; Ok(()) }

        concurrent {
            #[late(0s)]
            step left(booking) -> u128 { Ok(u128::from(booking.room)) }
                resolve() { Ok(None) }
                compensate none;

            #[when(car => car.is_some())]
            read right(car) -> u8 { Ok(car.flatten().unwrap_or_default()) }
        }

        finally(hotels, trip, outcome) { let _ = (hotels, trip, outcome); }
    }

    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Nothing() -> Result<Vec<u8>, Refused> {
        read done() { Ok(()) }
        vec![1, 2]
    }
}

type BookMachine = <BookServices as Services<Book>>::Machine;
type Slots = <BookMachine as Machine>::Slots;

const BOOKING: u16 = 0;
const CAR: u16 = 1;
const CHECKED: u16 = 2;
const LEFT: u16 = 3;
const RIGHT: u16 = 4;

fn trip() -> Trip {
    Trip {
        to: "Oslo".to_owned(),
        nights: 3,
    }
}

fn services() -> BookServices {
    let hotels = Hotels(Arc::new(100));
    BookServices { hotels }
}

fn written<T>(codec: typed_saga::runtime::for_tools::Codec<T>, value: &T) -> String {
    let json = codec.encode(value).expect("it is kept");
    json.expect("it can be written")
}

fn load(slots: &mut Slots, step: u16, json: Option<&str>) -> Result<(), String> {
    BookMachine::load(slots, step, json)
}

/// Why it cannot be read.
fn why<T>(codec: typed_saga::runtime::for_tools::Codec<T>, json: &str) -> String {
    match codec.decode(json) {
        Ok(_) => panic!("{json} has no mistake"),
        Err(why) => why,
    }
}

#[test]
fn inputs_are_an_object_by_name() {
    let json = r#"{"trip":{"to":"Oslo","nights":3},"type":null}"#;
    let input = Book {
        trip: trip(),
        r#type: None,
    };
    assert_eq!(written(Book::INPUT, &input), json);
    let back = Book::INPUT.decode(json).unwrap();
    assert_eq!((back.trip, back.r#type), (input.trip, None));

    assert_eq!(written(Nothing::INPUT, &Nothing {}), "{}");
    Nothing::INPUT.decode("{}").unwrap();
}

#[test]
fn an_input_that_is_wrong_is_named() {
    assert_eq!(
        why(Book::INPUT, r#"{"trip":{"to":"Oslo"},"type":1}"#),
        "`trip`: missing field `nights` at line 1 column 13"
    );
    assert_eq!(
        why(Book::INPUT, r#"{"trip":{"to":"Oslo","nights":3}}"#),
        "`type`: this field is missing"
    );
    assert_eq!(
        why(Book::INPUT, r#"{"tripp":{},"type":1}"#),
        "`tripp`: there is no such field, only `trip`, `type`"
    );
    assert_eq!(
        why(Nothing::INPUT, r#"{"trip":1}"#),
        "`trip`: there is no such field, nor any other"
    );
}

#[test]
fn a_written_output_is_kept_as_its_type() {
    assert_eq!(written(Nothing::OUTPUT, &vec![1, 2]), "[1,2]");
    assert_eq!(Nothing::OUTPUT.decode("[1,2]").unwrap(), [1, 2]);
    assert!(Nothing::OUTPUT.decode("{}").is_err());
}

/// By the names that records have; skipped steps are left out, since `null` is what a step without
/// `->` gives.
#[test]
fn all_effects_are_an_object_by_step() {
    let output = |car, checked, right| BookEffects {
        booking: Booking { room: 7 },
        car,
        checked,
        left: u128::MAX,
        right,
    };
    let max = u128::MAX;
    let cases = [
        (output(None, None, None), String::new(), String::new()),
        (
            output(Some(None), Some(()), Some(3)),
            r#""car":null,"checked":null,"#.to_owned(),
            r#","right":3"#.to_owned(),
        ),
    ];
    for (output, before, after) in cases {
        let json = format!(r#"{{"the-room":{{"room":7}},{before}"left":{max}{after}}}"#);
        assert_eq!(written(Book::OUTPUT, &output), json);
        let back = Book::OUTPUT.decode(&json).unwrap();
        assert_eq!((back.booking, back.left), (output.booking, output.left));
        assert_eq!(
            (back.car, back.checked, back.right),
            (output.car, output.checked, output.right)
        );
    }
    assert_eq!(
        why(Book::OUTPUT, r#"{"the-room":{"room":7}}"#),
        "`left`: this field is missing"
    );
}

#[test]
fn what_was_recorded_fills_the_slots() {
    let mut slots = Slots::default();
    let recorded = [
        (BOOKING, Some(r#"{"room":7}"#)),
        (CAR, Some("null")),
        (CHECKED, Some("null")),
        (LEFT, Some("8")),
        (RIGHT, Some("9")),
    ];
    for (step, json) in recorded {
        load(&mut slots, step, json).unwrap();
    }
    let snapshot = BookMachine::snapshot(slots);
    assert_eq!(snapshot.booking, Some(Booking { room: 7 }));
    assert_eq!(snapshot.car, Some(Some(None)));
    assert_eq!(snapshot.checked, Some(Some(())));
    assert_eq!(snapshot.left, Some(8));
    assert_eq!(snapshot.right, Some(Some(9)));
}

#[test]
fn a_later_record_takes_the_place_of_an_earlier_one() {
    let mut slots = Slots::default();
    for room in [1, 2] {
        load(&mut slots, BOOKING, Some(&format!(r#"{{"room":{room}}}"#))).unwrap();
        load(&mut slots, LEFT, Some(&room.to_string())).unwrap();
    }
    load(&mut slots, CAR, Some("1")).unwrap();
    load(&mut slots, CAR, None).unwrap();
    let snapshot = BookMachine::snapshot(slots);
    assert_eq!(snapshot.booking, Some(Booking { room: 2 }));
    assert_eq!((snapshot.left, snapshot.car), (Some(2), Some(None)));
}

#[test]
fn a_step_is_skipped_by_its_when_alone() {
    let mut slots = Slots::default();
    for step in [CAR, CHECKED, RIGHT] {
        load(&mut slots, step, None).unwrap();
    }
    for step in [BOOKING, LEFT] {
        let why = load(&mut slots, step, None).unwrap_err();
        assert_eq!(why, "it was skipped, and has no `when`");
    }
    let snapshot = BookMachine::snapshot(slots);
    let skipped = (snapshot.car, snapshot.checked, snapshot.right);
    assert_eq!(skipped, (Some(None), Some(None), Some(None)));
    assert_eq!((snapshot.booking, snapshot.left), (None, None));
}

#[test]
fn what_is_no_effect_leaves_the_slot_empty() {
    let mut slots = Slots::default();
    let why = load(&mut slots, BOOKING, Some(r#"{"bed":7}"#)).unwrap_err();
    assert!(why.starts_with("missing field `room`"), "{why}");
    let why = load(&mut slots, 5, Some("1")).unwrap_err();
    assert_eq!(why, "there is no step 5");
    assert_eq!(BookMachine::snapshot(slots).booking, None);
}

#[test]
fn the_services_make_a_machine_of_the_inputs() {
    let services = services();
    let machine = services.clone().give(Book {
        trip: trip(),
        r#type: None,
    });
    // The run holds the services' clone, and nobody else.
    assert_eq!(Arc::strong_count(&services.hotels.0), 2);
    drop(machine);
    assert_eq!(Arc::strong_count(&services.hotels.0), 1);
    for definition in [BookMachine::DEFINITION, <Book as Durable>::DEFINITION] {
        assert!(definition.durable);
        assert_eq!((&*definition.name, definition.steps.len()), ("Book", 5));
    }
}

#[test]
fn services_of_a_saga_that_has_none() {
    let [one, other] = [NothingServices, NothingServices {}.clone()];
    for services in [one, other] {
        let NothingRun {} = services.give(Nothing {});
    }
    let mut slots = <NothingRun as Machine>::Slots::default();
    NothingRun::load(&mut slots, 0, Some("null")).unwrap();
    assert_eq!(NothingRun::snapshot(slots).done, Some(()));
}

/// In memory a durable saga runs as any other.
#[tokio::test]
async fn in_memory() {
    let input = r#"{"trip":{"to":"Oslo","nights":3},"type":2}"#;
    let Book { trip, r#type } = Book::INPUT.decode(input).unwrap();
    let BookServices { hotels } = services();
    let effects = Book { trip, r#type }.with(hotels).await.unwrap();
    assert_eq!(
        written(Book::OUTPUT, &effects),
        r#"{"the-room":{"room":103},"car":2,"checked":null,"left":103,"right":2}"#
    );
}
