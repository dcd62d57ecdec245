//! The sagas that are killed: between them every way to settle doubt, and to go back.

use super::{
    LATE,
    line::{Line, Trouble},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use typed_saga::{definition::Definition, runtime::Durable, saga};

/// What a saga is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) saga: String,
    /// The step that the vendor refuses, if there is such a step.
    pub(crate) refused: String,
    /// Whether the conditional step runs.
    pub(crate) extra: bool,
}

/// What stands of a completed saga: the vendor's references, by step.
pub(crate) type Standing = BTreeMap<String, u64>;

pub(crate) fn standing<const N: usize>(steps: [(&str, Option<u64>); N]) -> Standing {
    let steps = steps.into_iter();
    steps
        .filter_map(|(step, reference)| Some((step.to_owned(), reference?)))
        .collect()
}

saga! {
    /// A sequence.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Rent(order: Order) with (line: Line) -> Result<Standing, Trouble> {
        #[retry(2, 1ms..5ms)]
        read price(line, order) -> u64 { line.ask(order).await }
            fallback(order) { Ok(order.saga.len() as u64) }

        #[late(LATE)] #[retry(3, 1ms..5ms)]
        step car(line, order, key) -> u64 { line.book("car", order, key).await }
            resolve(line, key) { line.find("car", key).await }
            compensate(line, car) { line.cancel("car", *car).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        step deposit(line, order, price, key) -> u64 {
            line.pay("deposit", order, *price, key).await
        }
            compensate(line, deposit) { line.cancel("deposit", *deposit).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        pivot charge(line, order, price, key) -> u64 {
            line.pay("charge", order, *price, key).await
        }

        #[retry(forever, 1ms..20ms)] #[idempotent]
        step mail(line, order, key) -> u64 { line.book("mail", order, key).await }

        standing([
            ("car", Some(car)),
            ("deposit", Some(deposit)),
            ("charge", Some(charge)),
            ("mail", Some(mail)),
        ])
    }
}

saga! {
    /// With a step that is not undone, a conditional one, and a savepoint.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Stay(order: Order) with (line: Line) -> Result<Standing, Trouble> {
        #[retry(5, 1ms..10ms)] #[idempotent]
        step note(line, order, key) -> u64 { line.book("note", order, key).await }
            compensate none

        #[savepoint(1, 1ms..5ms)]
        step room(line, order, key) -> u64 { line.book("room", order, key).await }
            #[by_key]
            compensate(line, key) { line.cancel_key("room", key).await }

        #[when(order => order.extra)]
        #[retry(5, 1ms..10ms)] #[idempotent]
        step breakfast(line, order, room, key) -> u64 {
            line.pay("breakfast", order, *room, key).await
        }
            compensate(line, breakfast) { line.cancel("breakfast", *breakfast).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        pivot charge(line, order, key) -> u64 { line.book("charge", order, key).await }

        standing([
            ("note", Some(note)),
            ("room", Some(room)),
            ("breakfast", breakfast),
            ("charge", Some(charge)),
        ])
    }
}

saga! {
    /// A `concurrent` block.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Tour(order: Order) with (line: Line) -> Result<Standing, Trouble> {
        concurrent {
            #[late(LATE)] #[retry(3, 1ms..5ms)]
            step car(line, order, key) -> u64 { line.book("car", order, key).await }
                resolve(line, key) { line.find("car", key).await }
                compensate(line, car) { line.cancel("car", *car).await }

            step room(line, order, key) -> u64 { line.book("room", order, key).await }
                #[by_key]
                compensate(line, key) { line.cancel_key("room", key).await }

            #[retry(5, 1ms..10ms)] #[idempotent]
            step guide(line, order, room, key) -> u64 { line.pay("guide", order, *room, key).await }
                compensate(line, guide) { line.cancel("guide", *guide).await }
        }

        #[late(LATE)]
        pivot charge(line, order, key) -> u64 { line.book("fee", order, key).await }
            resolve(line, key) { line.find("fee", key).await }

        #[retry(forever, 1ms..20ms)] #[idempotent]
        step mail(line, order, key) -> u64 { line.book("mail", order, key).await }

        standing([
            ("car", Some(car)),
            ("room", Some(room)),
            ("guide", Some(guide)),
            ("fee", Some(charge)),
            ("mail", Some(mail)),
        ])
    }
}

saga! {
    /// A step of the one below.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Wrap(order: Order) with (line: Line) -> Result<(u64, u64), Trouble> {
        #[retry(5, 1ms..10ms)] #[idempotent]
        step card(line, order, key) -> u64 { line.book("wrapped/card", order, key).await }
            compensate none again

        #[late(LATE)] #[retry(3, 1ms..5ms)]
        step car(line, order, key) -> u64 { line.book("car", order, key).await }
            resolve(line, key) { line.find("car", key).await }
            compensate(line, car) { line.cancel("car", *car).await }

        (card, car)
    }
}

saga! {
    /// A saga as a step, several steps under one condition, a signal, a sleep and a loop.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Trip(order: Order) with (line: Line) -> Result<Standing, Trouble> {
        #[savepoint(1, 1ms..5ms)]
        step room(line, order, key) -> u64 { line.book("room", order, key).await }
            #[by_key]
            compensate(line, key) { line.cancel_key("room", key).await }

        when (order => order.extra) {
            #[retry(2, 1ms..5ms)]
            step wrapped(order) -> (u64, u64) = saga Wrap { order: order.clone() } with (line);

            #[retry(5, 1ms..10ms)] #[idempotent]
            step breakfast(line, order, wrapped, key) -> u64 {
                line.pay("breakfast", order, wrapped.1, key).await
            }
                compensate(line, breakfast) { line.cancel("breakfast", *breakfast).await }
        }

        concurrent {
            #[timeout(500ms)]
            signal paid -> u64;

            sleep night(=> Duration::from_millis(15));
        }

        #[concurrent(2)] #[retry(5, 1ms..10ms)] #[idempotent]
        for leg: String in (=> LEGS.map(str::to_owned))
        step legs(line, order, leg, paid, key) -> u64 { line.pay(leg, order, *paid, key).await }
            compensate(line, leg, legs) { line.cancel(leg, *legs).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        pivot charge(line, order, paid, key) -> u64 { line.pay("charge", order, *paid, key).await }

        #[retry(forever, 1ms..20ms)] #[idempotent]
        step mail(line, order, key) -> u64 { line.book("mail", order, key).await }

        standing([
            ("room", Some(room)),
            ("wrapped/card", wrapped.map(|(card, _)| card)),
            ("car", wrapped.map(|(_, car)| car)),
            ("breakfast", breakfast),
            (LEGS[0], Some(legs[0])),
            (LEGS[1], Some(legs[1])),
            ("charge", Some(charge)),
            ("mail", Some(mail)),
        ])
    }
}

const LEGS: [&str; 2] = ["legs[0]", "legs[1]"];

/// One of the sagas above.
pub(crate) trait Shape: Durable<Output = Standing, Error = Trouble> {
    fn of(order: Order) -> Self;

    /// What somebody sends it until it has ended.
    fn signal() -> Option<Self::Signal> {
        None
    }
}

impl Shape for Trip {
    fn of(order: Order) -> Self {
        Self { order }
    }

    fn signal() -> Option<TripSignal> {
        Some(TripSignal::Paid(30))
    }
}

impl Shape for Rent {
    fn of(order: Order) -> Self {
        Self { order }
    }
}

impl Shape for Stay {
    fn of(order: Order) -> Self {
        Self { order }
    }
}

impl Shape for Tour {
    fn of(order: Order) -> Self {
        Self { order }
    }
}

/// The name of the saga with this number, and what it is to do: the same in every life.
pub(crate) fn order(number: u64) -> (&'static str, Order) {
    let all: [&Definition; 4] = [
        &Rent::DEFINITION,
        &Stay::DEFINITION,
        &Tour::DEFINITION,
        &Trip::DEFINITION,
    ];
    let definition = all[usize::try_from(number % 4).expect("one of four")];
    let name = &*definition.name;
    let refused = [
        "",
        "charge",
        "",
        "deposit",
        "",
        "breakfast",
        "",
        "guide",
        "",
        "car",
        "fee",
        LEGS[1],
        "",
    ];
    let order = Order {
        saga: format!("{name}-{number}"),
        refused: refused[usize::try_from(number / 4 % 13).expect("one of thirteen")].to_owned(),
        extra: number / 4 % 2 == 0,
    };
    (name, order)
}
