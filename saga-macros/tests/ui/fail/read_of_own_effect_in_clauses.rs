// errors: 3. Nor do `when`, `resolve` and `fallback`: only `compensate` runs after it exists.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[when(hotel => hotel.is_free())]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            resolve(hotels, hotel) = Hotels::find
            compensate(hotels, hotel) = Hotels::cancel
            fallback(hotel) = Booking::later;
    }
}

fn main() {}
