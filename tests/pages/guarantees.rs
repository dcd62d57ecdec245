//! The programs of the page "Time limits and guarantees".

use saga::{Key, saga};

#[derive(Debug)] struct Error;
impl Error { fn verdict(&self) -> saga::Verdict { saga::Verdict::Unknown } }
struct Theatre; struct Bank; struct Printer;
impl Theatre {
    async fn hold(&self, _: &u32, _: &Key) -> Result<u32, Error> { Ok(1) }
    async fn release(&self, _: &u32) -> Result<(), Error> { Ok(()) }
}
impl Bank { async fn charge(&self, _: &u32, _: &Key) -> Result<u32, Error> { Ok(2) } }
impl Printer { async fn issue(&self, _: &u32, _: &u32, _: &Key) -> Result<u32, Error> { Ok(3) } }
saga! {
    #[classify(Error::verdict)]
    #[timeout(20s)]
    #[within(2m)]                             // after 2 minutes it is decided
    saga BuyTicket(order: u32) with (theatre: Theatre, bank: Bank, printer: Printer)
    -> Result<u32, Error>
    {
        #[idempotent] #[holds(15m)]           // the theatre gives the seat away after 15 minutes
        step seat(theatre, order, key) -> u32 = Theatre::hold
            compensate(theatre, seat) = Theatre::release;

        #[idempotent] #[retry(3, 1s..4s)]
        pivot payment(bank, order, key) -> u32 = Bank::charge;

        #[idempotent] #[never_without(seat, payment)]   // no ticket without a seat and a payment
        step ticket(printer, seat, payment, key) -> u32 = Printer::issue;

        ticket
    }
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let services = (Theatre, Bank, Printer);
    let (theatre, bank, printer) = services;
    assert_eq!(BuyTicket { order: 7 }.with(theatre, bank, printer).await.unwrap(), 3);
}

#[test]
fn it_runs() {
    main();
}
