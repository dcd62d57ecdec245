//! What `saga analyze` says of the sagas of the documentation, which shows it.

#![allow(
    clippy::unused_async,
    clippy::unused_self,
    reason = "of these services and errors only the types matter"
)]

mod events;
mod late;
mod parked;
mod played;
mod remaining;

use crate::diagram::trip::BookTrip;
use saga_tests::{blocks, read};
use serde::{Deserialize, Serialize};
use typed_saga::{Key, Verdict, definition::Definition, saga};
use typed_saga_analysis::Analysis;

saga! {
    #[classify(Error::verdict)]
    #[timeout(20s)]
    #[within(2m)]
    durable saga BuyTicket(order: Order)
    with (theatre: Theatre, bank: Bank, printer: Printer)
    -> Result<Ticket, Error>
    {
        #[retry(3, 1s..4s)] #[idempotent]
        #[holds(15m)] // then the theatre sells the seat to someone else
        step seat(theatre, order, key) -> Seat = Theatre::hold
            compensate(theatre, seat) = Theatre::release;

        #[retry(3, 1s..4s)] #[idempotent]
        pivot payment(bank, order, key) -> Payment = Bank::charge;

        #[idempotent]
        step ticket(printer, seat, payment, key) -> Ticket = Printer::issue;

        ticket
    }
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Error;

impl Error {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Order;
#[derive(Clone, Serialize, Deserialize)]
struct Seat;
#[derive(Clone, Serialize, Deserialize)]
struct Payment;
#[derive(Clone, Serialize, Deserialize)]
struct Ticket;
#[derive(Clone)]
struct Theatre;
#[derive(Clone)]
struct Bank;
#[derive(Clone)]
struct Printer;

impl Theatre {
    async fn hold(&self, _: &Order, _: &Key) -> Result<Seat, Error> {
        Err(Error)
    }
    async fn release(&self, _: &Seat) -> Result<(), Error> {
        Ok(())
    }
}

impl Bank {
    async fn charge(&self, _: &Order, _: &Key) -> Result<Payment, Error> {
        Err(Error)
    }
}

impl Printer {
    async fn issue(&self, _: &Seat, _: &Payment, _: &Key) -> Result<Ticket, Error> {
        Err(Error)
    }
}

const PAGE: &str = "docs/guide/analysis.md";

/// What the command prints: it reads the JSON.
fn report(definition: &Definition) -> String {
    let definition = Definition::from_json(&definition.to_json()).expect("a definition");
    Analysis::of(&definition).report().to_string()
}

/// What the page shows below this command; `…` stands for the rest.
fn shown(command: &str) -> String {
    let blocks = blocks(&read(PAGE), "console");
    let shown = blocks
        .iter()
        .find_map(|block| block.strip_prefix(&format!("$ {command}\n")));
    shown.expect("the page shows it").trim_end().to_owned()
}

#[test]
fn the_report_of_the_guide_is_that_of_its_saga() {
    assert_eq!(
        shown("saga analyze ticket.json"),
        report(&BuyTicket::DEFINITION).trim_end()
    );
    let saga = |text: &str| {
        let (_, saga) = text.split_once("saga! {\n").expect("a saga");
        let (saga, _) = saga.split_once("\n}\n").expect("it ends");
        saga.to_owned()
    };
    assert_eq!(saga(&read(PAGE)), saga(&read("tests/analyzed.rs")));
}

#[test]
fn so_is_that_of_the_booking_site() {
    let shown = shown("saga analyze BookTrip --journal trips.db");
    let (first, _) = shown.split_once("\n…").expect("it is cut off");
    let report = report(&BookTrip::DEFINITION);
    let (expected, _) = report.split_once("\nparks when").expect("it parks");
    assert_eq!(first, expected);
}
