// errors: 2. `failure` exists where something has failed.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key, failure) -> Booking = Hotels::book
            resolve(hotels, failure) = Hotels::find
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
