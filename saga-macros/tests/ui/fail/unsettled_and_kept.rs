// A step that is not undone cannot be settled by its compensation.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[timeout(10s)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate none
    }
}

fn main() {}
