// errors: 2. A rerun asks for what an earlier round did by its old key, or by what is the same.
#[path = "../domain.rs"]
mod domain;
use domain::*;

async fn find(_: &u32) -> Result<Option<Booking>> {
    Ok(None)
}

async fn find_by_key(_: &u32, _: &typed_saga::Key) -> Result<Option<Booking>> {
    Ok(None)
}

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[late(1s)]
    saga BookTrip(trip: Trip, number: u32) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        step seat(quote) -> Booking { let _ = quote; Ok(Booking) }
            resolve(quote) = find
            compensate none

        step meal(quote) -> Booking { let _ = quote; Ok(Booking) }
            resolve(quote) = find
            compensate none once

        // By the old key, and by an input.
        step car(quote, _key) -> Booking { let _ = quote; Ok(Booking) }
            resolve(quote, key) = find_by_key
            compensate none

        step room(quote, number) -> Booking { let _ = (quote, number); Ok(Booking) }
            resolve(number) = find
            compensate none

        // It is asked for only within its round.
        step again(quote) -> Booking { let _ = quote; Ok(Booking) }
            resolve(quote) = find
            compensate none again

        step undone(quote) -> Booking { let _ = quote; Ok(Booking) }
            resolve(quote) = find
            compensate(undone) { let _ = undone; Ok(()) }

        read end(trip) { let _ = trip; Ok(()) }

        let _ = (seat, meal, car, room, again, undone);
    }
}

fn main() {}
