// What the README shows: without `#[idempotent]`, nothing says what a lost answer means.
use saga::saga;

saga! {
    /// Books a room, then charges for it.
    #[classify(Error::verdict)] // which errors mean "it may have happened"
    saga BookTrip(city: String) with (hotels: Hotels, bank: Bank) -> Result<Trip, Error> {
        #[idempotent] // the hotel books once per key
        step room(hotels, city, key) -> Room = Hotels::book
            compensate(hotels, room) = Hotels::cancel;

        step payment(bank, room, key) -> Payment = Bank::charge
            compensate(bank, payment, ctx) { bank.refund(payment, &ctx.undo_key()).await }

        Trip { room, payment }
    }
}

struct Hotels;
struct Bank;
struct Room;
struct Payment;
struct Trip {
    room: Room,
    payment: Payment,
}
struct Error;

impl Error {
    fn verdict(&self) -> saga::Verdict {
        saga::Verdict::Unknown
    }
}

impl Hotels {
    async fn book(&self, _: &str, _: &saga::Key) -> Result<Room, Error> {
        Ok(Room)
    }
    async fn cancel(&self, _: &Room) -> Result<(), Error> {
        Ok(())
    }
}

impl Bank {
    async fn charge(&self, _: &Room, _: &saga::Key) -> Result<Payment, Error> {
        Ok(Payment)
    }
    async fn refund(&self, _: &Payment, _: &saga::Key) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
