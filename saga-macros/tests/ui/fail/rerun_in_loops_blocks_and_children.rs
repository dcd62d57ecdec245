// errors: 13. What a rerun refuses of a step it refuses in a loop, in a `when` block and in a child saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Loops(trip: Trip, legs: Vec<u32>) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        // Called again with other content.
        #[idempotent]
        for leg: u32 in (legs => legs.clone())
        step content(hotels, trip, leg, quote, key) -> Booking { let _ = (leg, quote); hotels.book(trip, key).await }
            compensate none

        #[idempotent]
        for leg: u32 in (legs => legs.clone())
        step told(hotels, trip, leg, ctx) -> Booking { let _ = leg; hotels.book(trip, &ctx.key()).await }
            compensate none

        // Kept under the key of another item.
        #[idempotent(by = night)]
        for night: u32 in (quote => vec![*quote])
        step named(night) { let _ = night; Ok(()) }
            compensate none once

        // Kept, whatever decides.
        #[when(quote => *quote > 0)] #[idempotent]
        for leg: u32 in (legs => legs.clone())
        step decided(hotels, trip, leg, key) -> Booking { let _ = leg; hotels.book(trip, key).await }
            compensate none once

        #[idempotent]
        step kept(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            compensate none once

        // Reads what is kept with what is made again.
        for leg: u32 in (legs => legs.clone())
        read mixed(leg, kept, quote) -> u32 { let _ = (leg, kept); Ok(*quote) }

        let _ = (content, told, named, decided, mixed);
    }

    #[classify(BookingError::verdict)]
    saga Blocks(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        when (trip => trip.wants_car) {
            #[idempotent]
            step content(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
                compensate none

            #[idempotent]
            step told(hotels, trip, ctx) -> Booking { hotels.book(trip, &ctx.key()).await }
                compensate none

            #[idempotent(by = quote)]
            step named(quote) { let _ = quote; Ok(()) }
                compensate none

            #[idempotent]
            step kept(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
                compensate none once

            read mixed(kept, quote) -> u32 { let _ = kept; Ok(*quote) }
        }

        let _ = (content, told, named, mixed);
    }

    #[classify(BookingError::verdict)]
    saga Child(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        read quote() -> u32 { Ok(1) }

        #[idempotent]
        step content(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            compensate none

        #[idempotent]
        step told(hotels, trip, ctx) -> Booking { hotels.book(trip, &ctx.key()).await }
            compensate none

        #[idempotent(by = quote)]
        step named(quote) { let _ = quote; Ok(()) }
            compensate none

        #[late(1s)]
        step asked(hotels, trip, key) -> Booking = Hotels::book
            resolve(hotels, key) = Hotels::find
            compensate none;

        let _ = (content, told, named, asked);
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
