// So does the saga's own timeout.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(10s)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
