// errors: 5. What is called again under a new key needs one that changes, in a loop, a block and a child saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Loops(trip: Trip, legs: Vec<u32>) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[idempotent(by = leg)]
        for leg: u32 in (legs => legs.clone())
        step noted(hotels, leg) { let _ = (hotels, leg); Ok(()) }
            compensate none again

        // Another list in each round.
        #[idempotent(by = night)]
        for night: u32 in (quote => vec![*quote])
        step right(hotels, night) { let _ = (hotels, night); Ok(()) }
            compensate none again

        read last() { Ok(()) }

        let _ = (trip, noted, right, last);
    }

    #[classify(BookingError::verdict)]
    saga Blocks(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        when (trip => trip.wants_car) {
            #[idempotent(by = trip)]
            step noted(hotels, trip) { let _ = (hotels, trip); Ok(()) }
                compensate none again

            #[idempotent(by = trip)]
            step undone(hotels, trip) { let _ = (hotels, trip); Ok(()) }
                #[by_key(by = trip)]
                compensate(hotels, trip) = Hotels::cancel_all;
        }

        read last() { Ok(()) }

        let _ = (quote, noted, undone, last);
    }

    #[classify(BookingError::verdict)]
    saga Child(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent(by = trip)]
        step noted(hotels, trip) { let _ = (hotels, trip); Ok(()) }
            compensate none again
    }

    #[classify(BookingError::verdict)]
    saga Parent(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        step child(trip) = saga Child { trip: trip.clone() } with (hotels);

        read last() { Ok(()) }

        let _ = (quote, child, last);
    }
}

impl Clone for Hotels {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
