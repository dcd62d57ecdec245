// `classify` returns a verdict.
#[path = "../domain.rs"]
mod domain;
use domain::*;

fn is_lost(_: &BookingError) -> bool {
    true
}

typed_saga::saga! {
    #[classify(is_lost)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
