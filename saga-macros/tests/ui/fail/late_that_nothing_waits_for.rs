// A `#[by_key]` compensation stops late arrivals, so nothing waits for them.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[late(30s)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;
    }
}

fn main() {}
