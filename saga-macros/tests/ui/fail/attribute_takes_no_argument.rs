// errors: 2. A promise has no argument.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent(true)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key(key)]
            compensate(hotels, key) = Hotels::annul;
    }
}

fn main() {}
