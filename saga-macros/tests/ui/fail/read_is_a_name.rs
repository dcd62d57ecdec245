// errors: 3. Reads are names alone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(&hotels, trip: Trip, key) -> Booking { hotels.book(trip, key).await }
            compensate(hotels, hotel.id) = Hotels::cancel;
    }
}

fn main() {}
