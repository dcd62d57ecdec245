// errors: 2. A `read` changes nothing outside.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        read hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        read second(hotels, trip, key) -> Booking = Hotels::book
            compensate none
    }
}

fn main() {}
