//! The programs of the page "Analyzing a saga".

use serde::{Deserialize, Serialize};
use typed_saga::{Key, Verdict};
use typed_saga::saga;
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

fn main() {
    println!("{}", BuyTicket::DEFINITION.to_json());
}

#[test]
fn no_ticket_is_printed_without_a_seat_that_is_paid_for() {
    let analysis = Analysis::of(&BuyTicket::DEFINITION);
    analysis.never_without("ticket", &["seat", "payment"]).unwrap();
}

#[derive(Debug, Serialize, Deserialize)]
struct Error;
impl Error {
    fn verdict(&self) -> Verdict { Verdict::Unknown }
}
#[derive(Clone, Serialize, Deserialize)] struct Order;
#[derive(Clone, Serialize, Deserialize)] struct Seat;
#[derive(Clone, Serialize, Deserialize)] struct Payment;
#[derive(Clone, Serialize, Deserialize)] struct Ticket;
#[derive(Clone)] struct Theatre;
#[derive(Clone)] struct Bank;
#[derive(Clone)] struct Printer;
impl Theatre {
    async fn hold(&self, _: &Order, _: &Key) -> Result<Seat, Error> { Err(Error) }
    async fn release(&self, _: &Seat) -> Result<(), Error> { Ok(()) }
}
impl Bank {
    async fn charge(&self, _: &Order, _: &Key) -> Result<Payment, Error> { Err(Error) }
}
impl Printer {
    async fn issue(&self, _: &Seat, _: &Payment, _: &Key) -> Result<Ticket, Error> { Err(Error) }
}

#[test]
fn it_runs() {
    main();
}
