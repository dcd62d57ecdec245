// An early "no" would be false: `resolve` waits for late arrivals.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(10s)]
    durable saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            resolve(hotels, key) = Hotels::find
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
