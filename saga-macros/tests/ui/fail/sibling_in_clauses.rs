// errors: 4. Siblings run side by side: a clause reads only those that its action stands on.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels, cars: Cars) -> Result<(), BookingError> {
        concurrent {
            step hotel(hotels, trip, key) -> Booking = Hotels::book
                compensate(hotels, hotel) = Hotels::cancel;

            #[when(hotel => hotel.has_parking())]
            step car(cars, trip, key) -> Booking = Cars::book
                resolve(cars, hotel) = Cars::find
                compensate(cars, hotel) = Cars::cancel
                fallback(hotel) = Booking::none;
        }
    }
}

fn main() {}
