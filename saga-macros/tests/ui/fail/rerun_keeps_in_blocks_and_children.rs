// errors: 5. What is kept is decided by, read with, and made of what lasts, in a block and of a child saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Room(trip: Trip) with (hotels: Hotels) -> Result<u32, BookingError> {
        #[idempotent]
        step room(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, room) = Hotels::cancel;

        { let _ = room; 1 }
    }

    #[classify(BookingError::verdict)]
    saga Blocks(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        // Decided by what is made again.
        when (quote => *quote > 0) {
            #[idempotent]
            step decided(hotels, trip, key) -> Booking = Hotels::book
                compensate none once
        }

        read last() { Ok(()) }

        let _ = (decided, last);
    }

    #[classify(BookingError::verdict)]
    saga Parent(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote() -> u32 { Ok(1) }

        #[when(quote => *quote > 0)]
        step decided(trip) -> u32 = saga Room { trip: trip.clone() } with (hotels)
            compensate none once

        step kept(trip) -> u32 = saga Room { trip: trip.clone() } with (hotels)
            compensate none once

        read mixed(kept, quote) -> u32 { Ok(*kept + *quote) }

        for night: u32 in (quote => vec![*quote])
        step nights(night, trip) -> u32 = saga Room { trip: { let _ = night; trip.clone() } } with (hotels)
            compensate none once

        read mixed_list(nights, quote) -> u32 { let _ = nights; Ok(*quote) }

        when (trip => trip.wants_car) {
            step inner(trip) -> u32 = saga Room { trip: trip.clone() } with (hotels)
                compensate none once

            read mixed_inside(inner, quote) -> u32 { Ok(*inner + *quote) }
        }

        let _ = (decided, mixed, mixed_list, mixed_inside);
    }
}

impl Clone for Hotels {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
