// `#[by_key]` belongs on `compensate`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[by_key]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, key) = Hotels::annul;
    }
}

fn main() {}
