// What reads the effect of a retired step sees an `Option`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Read(trip: Trip) with (hotels: Hotels) -> Result<Booking, BookingError> {
        #[retired] #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
        hotel
    }
}

fn main() {}
