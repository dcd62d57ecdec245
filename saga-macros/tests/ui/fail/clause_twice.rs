// errors: 2. A step has one clause of each sort.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            resolve(hotels, key) = Hotels::find
            resolve(hotels, key) = Hotels::find
            compensate(hotels, hotel) = Hotels::cancel
            compensate none
    }
}

fn main() {}
