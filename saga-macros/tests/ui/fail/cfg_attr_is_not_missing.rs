// errors: 2. What a `#[cfg_attr]` contains is not missing as well.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(10s)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[cfg_attr(any(), idempotent)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[cfg_attr(any(), timeout(1h))]
        signal approval -> Booking;
    }
}

fn main() {}
