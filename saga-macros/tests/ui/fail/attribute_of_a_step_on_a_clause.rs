// errors: 2. What a step promises stands on the step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[late(30s)]
            resolve(hotels, key) = Hotels::find
            #[idempotent]
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
