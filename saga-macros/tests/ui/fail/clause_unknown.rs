// errors: 2. A clause is one of three.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensat(hotels, hotel) = Hotels::cancel;

        step second(hotels, trip, key) -> Booking = Hotels::book
            undo(hotels, second) = Hotels::cancel;
    }
}

fn main() {}
