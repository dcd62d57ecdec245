// errors: 4. A `#[by_key]` compensation stops late arrivals, so nothing waits for them.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[late(30s)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;

        #[late(30s)]
        for night: u32 in (=> [1, 2])
        step nights(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
            #[by_key]
            compensate(hotels, key) = Hotels::annul;

        when (trip => trip.wants_car) {
            #[late(30s)]
            step garage(hotels, trip, key) -> Booking = Hotels::book
                #[by_key]
                compensate(hotels, key) = Hotels::annul;
        }

        step child(trip) = saga Child { trip: trip.clone() } with (hotels);
    }

    saga Child(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[late(30s)]
        step room(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;
    }
}

impl Clone for Hotels {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
