// `outcome` exists when the saga has ended.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, outcome) = Hotels::cancel;
    }
}

fn main() {}
