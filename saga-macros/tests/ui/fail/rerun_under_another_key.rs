// errors: 4. What remains is known by a key that stays the same; what is done again, by one that changes.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        read before(hotels) -> u32 { let _ = hotels; Ok(1) }

        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        #[idempotent(by = quote)]
        step order(hotels, quote) { let _ = (hotels, quote); Ok(()) }
            compensate none

        #[idempotent(by = quote)]
        step kept(hotels, quote) { let _ = (hotels, quote); Ok(()) }
            compensate none once

        #[idempotent(by = quote)]
        step found(hotels, quote) { let _ = (hotels, quote); Ok(()) }
            resolve(hotels) { let _ = hotels; Ok(None) }
            compensate none

        #[idempotent(by = before)]
        step right(hotels, before) { let _ = (hotels, before); Ok(()) }
            compensate none

        #[idempotent(by = quote)]
        step right_fresh(hotels, quote) { let _ = (hotels, quote); Ok(()) }
            compensate none again

        let _ = (trip, order, kept, found, right, right_fresh);
    }

    #[classify(BookingError::verdict)]
    saga BookAgain(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        #[idempotent(by = trip)]
        step fresh(hotels, trip) { let _ = (hotels, trip); Ok(()) }
            compensate none again

        let _ = (quote, fresh);
    }
}

fn main() {}
