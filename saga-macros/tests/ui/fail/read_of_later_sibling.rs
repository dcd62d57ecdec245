// A sibling starts when those above it that it reads have committed, never the other way round.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels, cars: Cars) -> Result<(), BookingError> {
        concurrent {
            step hotel(hotels, trip, key, car) -> Booking = Hotels::book
                compensate(hotels, hotel) = Hotels::cancel;

            step car(cars, trip, key) -> Booking = Cars::book
                compensate(cars, car) = Cars::cancel;
        }
    }
}

fn main() {}
