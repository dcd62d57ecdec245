// errors: 3. A `read` is never in doubt.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        #[late(5s)]
        read hotel(hotels, trip, key) -> Booking = Hotels::book
            resolve(hotels, key) = Hotels::find;
    }
}

fn main() {}
