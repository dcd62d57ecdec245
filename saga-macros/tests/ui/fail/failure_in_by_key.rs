// A `#[by_key]` compensation also runs when nothing has failed.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key, failure) = Hotels::annul;
    }
}

fn main() {}
