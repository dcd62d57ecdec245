//! The audit's findings, on books that are wrong on purpose.

use std::time::Duration;

use super::*;
use crate::domain::{Booking, CardNumber, Charge, Date, MessageId, Rates};
use crate::event::TripEvent;
use crate::money::{Currency, Money};
use crate::requests::Request;
use crate::vendors::{Entry, Heard, Hold, State};
use crate::wire::{AuthorizeRequest, MailRequest, ReserveRequest};

const PRICE: Money = Money::from_euros(100, Currency::Eur);

fn card() -> CardNumber {
    CardNumber::try_from("4242424242424242".to_owned()).unwrap()
}

fn day() -> Date {
    Date::try_from("2027-05-14".to_owned()).unwrap()
}

fn run(outcome: Outcome) -> Run {
    let trip = Trip {
        id: TripId("t1".to_owned()),
        traveller: "Ana Reis".to_owned(),
        email: "ana@mail.example".to_owned(),
        city: "Lisbon".to_owned(),
        from: day(),
        nights: 1,
        hotel: "Casa".to_owned(),
        car: None,
        legs: Vec::new(),
        card: card(),
        currency: Currency::Eur,
        budget: None,
        consent_within: Duration::from_secs(600),
    };
    Run {
        request: Request { trip, expect: None },
        outcome,
        took: Duration::ZERO,
    }
}

fn booked() -> Run {
    run(Outcome::Booked(Box::new(Receipt {
        rates: Rates {
            night: PRICE,
            car_day: PRICE,
            flight: PRICE,
            fresh: true,
        },
        charge: Charge {
            id: "A-0001".to_owned(),
            amount: PRICE,
        },
        hotel: Booking {
            reference: "H-0001".to_owned(),
            price: PRICE,
        },
        car: None,
        seats: Vec::new(),
        confirmation: MessageId("M-0001".to_owned()),
    })))
}

fn failed() -> Run {
    run(Outcome::Failed {
        cause: "sold out".to_owned(),
    })
}

fn entry<R, S>(reference: &str, request: R, state: S) -> Entry<R, S> {
    Entry {
        reference: reference.to_owned(),
        request,
        state,
    }
}

/// Everything that stands for a booked trip, and what others heard of it.
fn books() -> Books {
    let trip = TripId("t1".to_owned());
    let hold = AuthorizeRequest {
        trip: trip.clone(),
        card: card(),
        amount: PRICE,
    };
    let room = ReserveRequest {
        trip: trip.clone(),
        traveller: "Ana Reis".to_owned(),
        item: "Casa".to_owned(),
        city: "Lisbon".to_owned(),
        from: day(),
        units: 1,
        currency: Currency::Eur,
    };
    let mail = MailRequest {
        trip,
        to: "ana@mail.example".to_owned(),
        text: String::new(),
    };
    Books {
        authorizations: vec![entry("A-0001", hold, Hold::Captured("k".to_owned()))],
        hotels: vec![entry("H-0001", room, State::Booked)],
        cars: Vec::new(),
        flights: Vec::new(),
        mails: vec![entry("M-0001", mail, ())],
        heard: vec![heard("k1", announced())],
        rules_met: (0, 0),
    }
}

fn discrepancies(run: Run, change: impl FnOnce(&mut Books)) -> Vec<String> {
    let mut books = books();
    change(&mut books);
    audit(&[run], &books).discrepancies
}

fn heard(key: &str, event: TripEvent) -> Heard {
    let key = key.to_owned();
    Heard { key, event }
}

fn announced() -> TripEvent {
    TripEvent::TripBooked {
        trip: TripId("t1".to_owned()),
        city: "Lisbon".to_owned(),
        charged: PRICE,
    }
}

fn announced_as_failed() -> TripEvent {
    TripEvent::TripFailed {
        trip: TripId("t1".to_owned()),
        city: "Lisbon".to_owned(),
        why: "sold out".to_owned(),
    }
}

fn undone(books: &mut Books) {
    books.heard = vec![heard("k1", announced_as_failed())];
    books.authorizations[0].state = Hold::Released;
    books.hotels[0].state = State::Cancelled;
    books.mails.clear();
}

#[test]
fn a_booked_trip_has_one_of_each() {
    assert!(discrepancies(booked(), |_| {}).is_empty());
    let twice = discrepancies(booked(), |books| {
        let mut second = books.hotels[0].clone();
        second.reference = "H-0002".to_owned();
        books.hotels.push(second);
    });
    assert_eq!(
        twice,
        ["t1: booked, but for hotel there stands H-0001, H-0002"]
    );
    let unsent = discrepancies(booked(), |books| books.mails.clear());
    assert_eq!(
        unsent,
        ["t1: booked, but for confirmation there stands nothing"]
    );
    let unpaid = discrepancies(booked(), |books| books.authorizations[0].state = Hold::Held);
    assert_eq!(
        unpaid,
        [
            "t1: booked, but for authorization there stands A-0001",
            "t1: booked, but for charge there stands nothing",
        ]
    );
}

#[test]
fn a_booked_trip_costs_what_was_agreed() {
    let dearer = discrepancies(booked(), |books| {
        books.authorizations[0].request.amount = PRICE + PRICE;
    });
    assert_eq!(
        dearer,
        ["t1: the money taken is EUR 200.00 instead of EUR 100.00"]
    );
}

#[test]
fn nothing_stands_for_a_failed_trip() {
    assert!(discrepancies(failed(), undone).is_empty());
    let room = discrepancies(failed(), |books| {
        undone(books);
        books.hotels[0].state = State::Booked;
    });
    assert_eq!(room, ["t1: failed, but for hotel there stands H-0001"]);
}

#[test]
fn what_a_parked_trip_says_stands() {
    let parked = || {
        run(Outcome::Parked {
            cause: "sold out".to_owned(),
            standing: vec!["hotel".into()],
        })
    };
    let hotel_left = |books: &mut Books| {
        undone(books);
        books.heard.clear();
        books.hotels[0].state = State::Booked;
    };
    assert!(discrepancies(parked(), hotel_left).is_empty());
    let gone = discrepancies(parked(), |books| {
        undone(books);
        books.heard.clear();
    });
    assert_eq!(gone, ["t1: parked, but for hotel there stands nothing"]);
}

#[test]
fn entries_belong_to_trips_that_were_asked_for() {
    let strange = discrepancies(booked(), |books| {
        let mut other = books.hotels[0].clone();
        other.request.trip = TripId("t2".to_owned());
        other.reference = "H-0002".to_owned();
        books.hotels.push(other);
    });
    assert_eq!(strange, ["t2: H-0002 was made, but nobody asked"]);
}

#[test]
fn an_event_that_is_missing_is_found() {
    let missing = discrepancies(booked(), |books| books.heard.clear());
    assert_eq!(missing, ["t1: booked, but others heard nothing"]);
    let missing = discrepancies(failed(), |books| {
        undone(books);
        books.heard.clear();
    });
    assert_eq!(missing, ["t1: failed, but others heard nothing"]);
}

#[test]
fn an_event_that_came_under_two_keys_is_found() {
    let again = discrepancies(booked(), |books| books.heard.push(heard("k1", announced())));
    assert!(again.is_empty(), "under its own key it may come again");
    let doubled = discrepancies(booked(), |books| books.heard.push(heard("k2", announced())));
    assert_eq!(
        doubled,
        ["t1: booked, but others heard booked for EUR 100.00; booked for EUR 100.00"]
    );
}

#[test]
fn an_event_that_is_not_true_is_found() {
    let booked_too = discrepancies(failed(), |books| {
        undone(books);
        books.heard.push(heard("k2", announced()));
    });
    assert_eq!(
        booked_too,
        ["t1: failed, but others heard failed, sold out; booked for EUR 100.00"]
    );
    let dearer = discrepancies(booked(), |books| {
        let charged = PRICE + PRICE;
        let TripEvent::TripBooked { trip, city, .. } = announced() else {
            unreachable!("it is announced as booked")
        };
        let event = TripEvent::TripBooked {
            trip,
            city,
            charged,
        };
        books.heard = vec![heard("k1", event)];
    });
    assert_eq!(
        dearer,
        ["t1: booked, but others heard booked for EUR 200.00"]
    );
    let too_early = discrepancies(
        run(Outcome::Parked {
            cause: "sold out".to_owned(),
            standing: Vec::new(),
        }),
        undone,
    );
    assert_eq!(too_early, ["t1: parked, but others heard failed, sold out"]);
}

#[test]
fn an_event_that_nobody_caused_and_a_key_that_came_for_two_are_found() {
    let strange = discrepancies(booked(), |books| {
        let mut other = announced();
        let (TripEvent::TripBooked { trip, .. } | TripEvent::TripFailed { trip, .. }) = &mut other;
        *trip = TripId("t2".to_owned());
        books.heard.push(heard("k1", other));
    });
    assert_eq!(
        strange,
        [
            "t2: others heard booked for EUR 100.00, but nobody asked",
            "2 events came under the key k1",
        ]
    );
}
