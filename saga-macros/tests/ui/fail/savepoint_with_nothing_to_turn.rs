// The saga turns forward where a step has been undone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate none
    }
}

fn main() {}
