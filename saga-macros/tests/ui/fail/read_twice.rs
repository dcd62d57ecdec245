// A name is read once in one list.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key, trip) -> Booking { hotels.book(trip, key).await }
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
