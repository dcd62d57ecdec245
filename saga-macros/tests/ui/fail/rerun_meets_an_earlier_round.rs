// errors: 11. An effect of an earlier round is not read with what is made again: wherever it comes from,
// and wherever it is read.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Asked(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[late(1s)]
        step seat(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            resolve(hotels, key) = Hotels::find
            compensate none

        read paid(quote, seat) -> u32 { let _ = seat; Ok(*quote) }

        read route(seat) -> u32 { let _ = seat; Ok(1) }

        read both(quote, route) -> u32 { Ok(*quote + *route) }

        let _ = (paid, both);
    }

    #[classify(BookingError::verdict)]
    saga AskedInParts(trip: Trip, legs: Vec<u32>) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[late(1s)]
        step seat(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            resolve(hotels, key) = Hotels::find
            compensate none

        read route(seat) -> u32 { let _ = seat; Ok(1) }

        for leg: u32 in (legs => legs.clone())
        read each_paid(leg, quote, seat) -> u32 { let _ = seat; Ok(*leg + *quote) }

        for leg: u32 in (legs => legs.clone())
        read each_both(leg, quote, route) -> u32 { Ok(*leg + *quote + *route) }

        when (trip => trip.wants_car) {
            read paid(quote, seat) -> u32 { let _ = seat; Ok(*quote) }

            read both(quote, route) -> u32 { Ok(*quote + *route) }
        }

        let _ = (each_paid, each_both, paid, both);
    }

    #[classify(BookingError::verdict)]
    saga Replaced(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[idempotent]
        step seat(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            compensate none once
            fallback() { Ok(Booking) }

        read total(seat) -> u32 { let _ = seat; Ok(1) }

        read paid(quote, total) -> u32 { Ok(*quote + *total) }

        when (trip => trip.wants_car) {
            read paid_inside(quote, total) -> u32 { Ok(*quote + *total) }
        }

        let _ = (paid, paid_inside);
    }

    #[classify(BookingError::verdict)]
    saga Listed(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[idempotent]
        for seat: u32 in (quote => vec![*quote, 2])
        step seats(hotels, trip, seat, key) -> Booking { let _ = seat; hotels.book(trip, key).await }
            compensate none once

        read total(seats) -> usize { Ok(seats.len()) }

        read paid(quote, total) -> usize { let _ = quote; Ok(*total) }

        let _ = paid;
    }

    #[classify(BookingError::verdict)]
    saga Behind(trip: Trip, yes: bool) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        when (yes => *yes) {
            #[idempotent]
            step seat(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
                compensate none once
        }

        #[idempotent]
        pivot sold(hotels, trip, key) -> Booking = Hotels::book;

        #[idempotent]
        step ticket(hotels, trip, seat, quote, key) -> Booking { let _ = (seat, quote); hotels.book(trip, key).await }

        // These belong together.
        #[idempotent]
        step receipt(hotels, trip, ticket, key) -> Booking { let _ = ticket; hotels.book(trip, key).await }

        #[idempotent]
        step mail(hotels, trip, receipt, ticket, key) -> Booking { let _ = (receipt, ticket); hotels.book(trip, key).await }

        let _ = (sold, mail);
    }

    #[classify(BookingError::verdict)]
    saga Child(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[late(1s)]
        step seat(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            resolve(hotels, key) = Hotels::find
            compensate none once

        read total(seat) -> u32 { let _ = seat; Ok(1) }

        read paid(quote, total) -> u32 { Ok(*quote + *total) }

        let _ = paid;
    }

    #[classify(BookingError::verdict)]
    saga Parent(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step child(trip) = saga Child { trip: trip.clone() } with (hotels);
    }
}

impl Clone for Hotels {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
