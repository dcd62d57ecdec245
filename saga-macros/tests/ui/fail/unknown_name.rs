// A read names an input, a service or an earlier effect; a near miss is suggested.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotl) = Hotels::cancel;
    }
}

fn main() {}
