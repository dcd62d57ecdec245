// What the README shows: without `#[idempotent]`, nothing says what a lost answer means.
use typed_saga::saga;

saga! {
    /// Books a room, charges for the trip, then books a seat.
    #[classify(Error::verdict)] // which errors mean "it may have happened"
    saga BookTrip(city: String)
    with (hotels: Hotels, bank: Bank, airline: Airline)
    -> Result<Trip, Error>
    {
        #[idempotent]
        step room(hotels, city, key) -> Room = Hotels::book
            compensate(hotels, room) = Hotels::cancel;

        step payment(bank, room, key) -> Payment = Bank::charge
            compensate(bank, payment, undo_key) = Bank::refund;

        #[idempotent]
        step seat(airline, city, key) -> Seat = Airline::book
            compensate(airline, seat) = Airline::cancel;

        Trip { room, payment, seat }
    }
}

struct Hotels;
struct Bank;
struct Airline;
struct Room;
struct Payment;
struct Seat;
struct Trip {
    room: Room,
    payment: Payment,
    seat: Seat,
}
struct Error;

impl Error {
    fn verdict(&self) -> typed_saga::Verdict {
        typed_saga::Verdict::Unknown
    }
}

impl Hotels {
    async fn book(&self, _: &str, _: &typed_saga::Key) -> Result<Room, Error> {
        Ok(Room)
    }
    async fn cancel(&self, _: &Room) -> Result<(), Error> {
        Ok(())
    }
}

impl Bank {
    async fn charge(&self, _: &Room, _: &typed_saga::Key) -> Result<Payment, Error> {
        Ok(Payment)
    }
    async fn refund(&self, _: &Payment, _: &typed_saga::Key) -> Result<(), Error> {
        Ok(())
    }
}

impl Airline {
    async fn book(&self, _: &str, _: &typed_saga::Key) -> Result<Seat, Error> {
        Ok(Seat)
    }
    async fn cancel(&self, _: &Seat) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
