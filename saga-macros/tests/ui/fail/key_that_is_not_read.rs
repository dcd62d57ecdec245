// errors: 4. What serves as the key is an input or an earlier effect that the code reads.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels, cars: Cars) -> Result<(), BookingError> {
        #[idempotent(by = tirp)]
        step car(cars, trip, key) -> Booking = Cars::book
            compensate(cars, car) = Cars::cancel;

        #[idempotent(by = hotels)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key(by = key)]
            compensate(hotels, key) = Hotels::annul;

        #[idempotent(by = car)]
        step second(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, second) = Hotels::cancel;
    }
}

fn main() {}
