// A `#[by_key]` compensation runs also when there is no effect.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, hotel, key) = Hotels::cancel;
    }
}

fn main() {}
