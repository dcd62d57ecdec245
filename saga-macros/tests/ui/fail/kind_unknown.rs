// errors: 3. A step starts with its kind.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        setp hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        task second(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, second) = Hotels::cancel;

        third(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, third) = Hotels::cancel;
    }
}

fn main() {}
