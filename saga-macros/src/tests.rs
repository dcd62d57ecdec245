//! The grammar and every message, as tables of source and expectation.

mod again;
mod attributes;
mod cfg;
mod docs;
mod doubt;
mod durable;
mod expansion;
mod grammar;
mod guessed;
mod half;
mod keys;
mod kinds;
mod misplaced;
mod names;
mod promised;
mod reads;
mod real;
#[cfg(feature = "durable")]
mod recorded;
mod recovery;
#[cfg(feature = "durable")]
mod released;
mod savepoints;
mod shape;
mod soup;

use proc_macro2::TokenStream;
use typed_saga_definition::Definition;

use crate::check;
use crate::errors::Errors;
use crate::known::{Known, complete};
use crate::model::Saga;
use crate::parse::{self, Declaration};
use crate::promises;
use crate::reruns;

/// The saga on the first page of the design.
const BOOK_TRIP: &str = r#"
    /// Books a trip: holds the money, books everything, then takes the money.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[classify(BookingError::verdict)]
    #[timeout(10s)]
    pub durable saga BookTrip(trip: Trip)
    with (billing: Billing, hotels: Hotels, cars: Cars, mailer: Mailer)
    -> Result<Receipt, BookingError>
    {
        /// Rates are only read; a stale copy is good enough.
        #[timeout(2s)]
        read rates(billing, trip) -> Rates = Billing::fetch_rates
            fallback(billing, failure) = Billing::cached_rates;

        #[retry(3, 100ms..2s)] #[idempotent]
        step authorization(billing, trip, rates, key) -> Authorization {
            Ok(billing.authorize(&trip.card, rates.total(trip), key).await?)
        }
        compensate(billing, authorization) = Billing::release;

        concurrent {
            #[savepoint(5, 10ms..30s)]
            step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::cancel;

            #[late(30s)]
            #[when(trip => trip.wants_car)]
            step car(cars, trip, key) -> Booking = Cars::book
            resolve(cars, key) = Cars::find
            compensate(cars, car) = Cars::cancel;
        }

        /// The point of no return: nothing from here on is undone.
        #[idempotent]
        pivot charge(billing, authorization, key) -> Charge = Billing::capture;

        #[retry(forever, 1s..1h)] #[idempotent]
        step confirmation(mailer, trip, charge, hotel, car, key) -> MessageId = Mailer::send_confirmation;

        finally(outcome, ctx) { tracing::info!(saga = %ctx.id(), %outcome, "trip"); }

        Receipt { charge, hotel, car, confirmation }
    }
"#;

const NO_MISTAKES: [(String, String); 0] = [];

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the source is made of tokens")
}

/// A saga around `body`, with an input `trip` and the services `billing` and `hotels`.
fn around(body: &str) -> String {
    format!(
        "saga S(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), E> {{ {body} }}"
    )
}

fn checked(source: &str) -> (Vec<Saga>, Errors) {
    checked_with(source, promises::check)
}

/// Checks without looking at promises.
fn placed(source: &str) -> (Vec<Saga>, Errors) {
    checked_with(source, |_, _, _| {})
}

fn checked_with(
    source: &str,
    promises: fn(&Saga, &Definition, &mut Errors),
) -> (Vec<Saga>, Errors) {
    let mut found = Vec::new();
    for declaration in parse::declarations(tokens(source)) {
        match declaration {
            Declaration::Saga {
                mut saga,
                lost,
                errors,
            } => {
                let (errors, declared) = check::check(&mut saga, &lost, errors);
                let is_good = errors.is_empty();
                let declared = is_good.then(|| complete(declared));
                found.push((Some(*saga), declared, errors));
            }
            Declaration::Unreadable(errors) => found.push((None, None, errors)),
            Declaration::Half(_) => {}
            Declaration::Split(calls) => panic!("unexpected `#[cfg]`: {calls}"),
        }
    }
    let good = found.iter();
    let good = good.filter_map(|(saga, declared, _)| Some((saga.as_ref()?, declared.as_ref()?)));
    let good: Vec<_> = good.collect();
    let (known, mut later) = (Known::of(good.iter().copied()), Vec::new());
    for (saga, declared) in good {
        let (definition, mut errors) = (&declared.definition, Errors::default());
        reruns::check(saga, definition, &known, &mut errors);
        promises(saga, definition, &mut errors);
        later.push(errors);
    }
    drop(known);
    let (mut sagas, mut all) = (Vec::new(), Errors::default());
    for (saga, _, errors) in found {
        all.append(errors);
        sagas.extend(saga);
    }
    for errors in later {
        all.append(errors);
    }
    (sagas, all)
}

/// The one saga of `source`, which has no mistakes.
fn good(source: &str) -> Saga {
    let (mut sagas, errors) = checked(source);
    assert_eq!(errors.found(), NO_MISTAKES, "in {source}");
    assert_eq!(sagas.len(), 1, "in {source}");
    sagas.remove(0)
}

/// Each mistake of `source`: the token at which it is reported, and the message up to the help,
/// with the note after a colon.
#[track_caller]
fn mistakes(source: &str, expected: &[(&str, &str)]) {
    let (_, errors) = checked(source);
    let found = errors.found();
    let found: Vec<_> = found
        .iter()
        .map(|(at, message)| {
            let (said, _) = message.split_once("\nhelp: ").unwrap_or((message, ""));
            let said = said.trim_end().replace("\n\nnote: ", ": ");
            (at.as_str(), said)
        })
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|(at, said)| (*at, said.as_str()))
        .collect();
    assert_eq!(found, expected, "in {source}");
}

/// The mistakes of a saga around `body`.
#[track_caller]
fn in_body(body: &str, expected: &[(&str, &str)]) {
    mistakes(&around(body), expected);
}

/// The text after the headline of the one mistake of `source`: the help, or note and help.
#[track_caller]
fn help(source: &str) -> String {
    let (_, errors) = checked(source);
    let found = errors.found();
    let [(_, message)] = found.as_slice() else {
        panic!("one mistake in {source}, found {found:?}")
    };
    let (_, rest) = message
        .split_once("\n\n")
        .expect("the message says what to do");
    rest.strip_prefix("help: ").unwrap_or(rest).to_owned()
}
