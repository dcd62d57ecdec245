// errors: 4. Under the key of an item is what was done for that item.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrips(trip: Trip, nights: Vec<u32>) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote(nights) -> Vec<u32> { Ok(nights.clone()) }

        #[idempotent]
        for _night: u32 in (quote => quote.clone())
        step booked(hotels, trip, key) -> Booking = Hotels::book
            compensate none;

        #[late(1s)]
        for night: u32 in (quote, nights => quote.iter().chain(nights).copied())
        step found(hotels, night) -> Booking { let _ = (hotels, night); Ok(Booking) }
            resolve(hotels, key) = Hotels::find
            compensate none

        #[idempotent]
        for night: u32 in (nights => nights.clone())
        step kept_list(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
            compensate none

        #[idempotent]
        for night: u32 in (quote => quote.clone())
        step once(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
            compensate none once

        #[idempotent]
        for night: u32 in (quote => quote.clone())
        step again(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
            compensate none again

        when (trip => trip.wants_car) {
            #[idempotent]
            for night: u32 in (quote => quote.clone())
            step inside(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
                compensate none
        }

        let _ = (booked, found, kept_list, once, again, inside);
    }

    #[classify(BookingError::verdict)]
    saga Child(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        read quote() -> Vec<u32> { Ok(vec![1]) }

        #[idempotent]
        for night: u32 in (quote => quote.clone())
        step booked(hotels, trip, night, key) -> Booking { let _ = night; hotels.book(trip, key).await }
            compensate none

        let _ = booked;
    }

    #[classify(BookingError::verdict)]
    saga Parent(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[retry(3)]
        step child(trip) = saga Child { trip: trip.clone() } with (hotels);
    }
}

impl Clone for Hotels {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
