// What takes the place of a `step`'s effect changes nothing outside.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel
            fallback(hotels, trip) = Hotels::cheapest;
    }
}

fn main() {}
