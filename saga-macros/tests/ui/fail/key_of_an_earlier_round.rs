// errors: 6. What serves as the key changes with the round: the last one is undone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[retry(3)]
        step first(hotels, trip, key) -> Booking = Hotels::book
            #[by_key(by = trip)]
            compensate(hotels, trip) = Hotels::cancel_all;

        #[savepoint(3)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[idempotent(by = first)]
        step second(hotels, first, rates) -> Booking {
            let _ = (hotels, first, rates);
            Ok(Booking)
        }
            #[by_key(by = trip)]
            compensate(hotels, trip) = Hotels::cancel_all;

        let _ = second;
    }

    saga BookTrips(trip: Trip, nights: Vec<u32>) with (hotels: Hotels) -> Result<(), BookingError> {
        #[retry(3)]
        for night: u32 in (nights => nights.clone())
        step each(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
            #[by_key(by = night)]
            compensate(hotels, night) { let _ = (hotels, night); Ok(()) }

        when (trip => trip.wants_car) {
            #[retry(3)]
            step inside(hotels, trip, key) -> Booking = Hotels::book
                #[by_key(by = trip)]
                compensate(hotels, trip) = Hotels::cancel_all;
        }

        step child(trip) = saga Child { trip: trip.clone() } with (hotels);

        let _ = (each, inside);
    }

    saga Child(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[retry(3)]
        step room(hotels, trip, key) -> Booking = Hotels::book
            #[by_key(by = trip)]
            compensate(hotels, trip) = Hotels::cancel_all;

        let _ = room;
    }
}

impl Clone for Hotels {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
