// errors: 4. What is kept is of an earlier round: it is not read with what is made again.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(trip: Trip) with (hotels: Hotels, cars: Cars) -> Result<u32, BookingError> {
        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        #[idempotent]
        step seat(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            compensate none once

        read paid(quote, seat) -> u32 { let _ = seat; Ok(*quote) }

        // Not by itself, …
        read route(seat) -> u32 { let _ = seat; Ok(1) }

        // … but so is what is made of it.
        #[idempotent]
        step car(cars, trip, route, key) -> Booking { let _ = route; cars.book(trip, key).await }
            compensate(cars, car, quote, route) { let _ = (quote, route); cars.cancel(car).await }

        #[idempotent]
        step meal(hotels, trip, quote, key) -> Booking { let _ = quote; hotels.book(trip, key).await }
            compensate none once

        read both(seat, meal) -> u32 { let _ = (seat, meal); Ok(1) }

        #[when(seat, quote => matches!(seat, Booking) && *quote > 0)]
        read asked(trip) -> u32 { let _ = trip; Ok(1) }

        paid + car_of(&car) + both + asked.unwrap_or(0)
    }
}

fn car_of(_: &Booking) -> u32 {
    1
}

fn main() {}
