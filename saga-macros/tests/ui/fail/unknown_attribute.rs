// errors: 2. An unknown attribute: those that a step takes are listed.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotant]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[instrument]
        read again(hotels, key) -> Option<Booking> = Hotels::find;
    }
}

fn main() {}
