// What the README shows: a compensation cannot read what is undone before it.
use saga::saga;

saga! {
    saga SellSeat(customer: String) with (hall: Hall, bank: Bank) -> Result<Payment, Error> {
        step seat(hall, customer) -> Seat = Hall::hold
            compensate(hall, payment) = Hall::release;

        #[idempotent]
        step payment(bank, customer, key) -> Payment = Bank::charge
            compensate(bank, payment) = Bank::refund;

        payment
    }
}

struct Hall;
struct Bank;
struct Seat;
struct Payment;
struct Error;

impl Hall {
    async fn hold(&self, _: &str) -> Result<Seat, Error> {
        Ok(Seat)
    }
    async fn release(&self, _: &Seat) -> Result<(), Error> {
        Ok(())
    }
}

impl Bank {
    async fn charge(&self, _: &str, _: &saga::Key) -> Result<Payment, Error> {
        Ok(Payment)
    }
    async fn refund(&self, _: &Payment) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
