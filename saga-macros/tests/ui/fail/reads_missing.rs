// errors: 2. A step and its clauses say what they read, if only `()`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        read rates -> Rates { Ok(Rates) }

        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate { Ok(()) }
    }
}

fn main() {}
