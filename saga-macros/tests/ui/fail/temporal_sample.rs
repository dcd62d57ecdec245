// errors: 3. The saga of a sample of Temporal, of which the guide tells.
use typed_saga::{Key, Verdict, saga};

saga! {
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    saga BookTrip(trip: String) with (vendors: Vendors) -> Result<Vec<String>, BookingError> {
        step hotel(vendors, trip, key) -> String = Vendors::book_hotel
            compensate(vendors, hotel) = Vendors::cancel;

        #[idempotent]
        step flight(vendors, trip) -> String = Vendors::book_flight
            compensate(vendors, flight) = Vendors::cancel;

        #[idempotent]
        step car(vendors, trip, key) -> String = Vendors::book_car;

        vec![hotel, flight, car]
    }
}

struct Vendors;

struct BookingError;

impl BookingError {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

impl Vendors {
    async fn book_hotel(&self, _: &String, _: &Key) -> Result<String, BookingError> {
        Err(BookingError)
    }
    async fn book_flight(&self, _: &String) -> Result<String, BookingError> {
        Err(BookingError)
    }
    async fn book_car(&self, _: &String, _: &Key) -> Result<String, BookingError> {
        Err(BookingError)
    }
    async fn cancel(&self, _: &String) -> Result<(), BookingError> {
        Ok(())
    }
}

fn main() {}
