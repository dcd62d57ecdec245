// errors: 6. A rerun cannot skip what remains: its effect would be there, and no step would have it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(trip: Trip) with (hotels: Hotels, mailer: Mailer) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        #[when(quote => *quote > 1)] #[idempotent]
        step mail(mailer, trip, key) = Mailer::confirm
            compensate none once;

        when (trip, quote => trip.wants_car && *quote > 1) {
            #[idempotent]
            step inside(mailer, trip, key) = Mailer::confirm
                compensate none once;

            #[idempotent]
            step fresh(mailer, trip, key) = Mailer::confirm
                compensate none again;
        }

        #[when(trip => trip.wants_car)] #[idempotent]
        step right(mailer, trip, key) = Mailer::confirm
            compensate none once;

        let _ = (mail, inside, fresh, right);
    }
}

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Called(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        // Of the two arms, both would have been paid.
        when (quote => *quote > 1) {
            #[idempotent]
            step by_card(hotels, trip, key) -> Booking = Hotels::book
                compensate none
        } else {
            #[late(1s)]
            step by_transfer(hotels, trip, key) -> Booking = Hotels::book
                resolve(hotels, key) = Hotels::find
                compensate none
        }

        #[when(trip => trip.wants_car)] #[idempotent]
        step right(hotels, trip, key) -> Booking = Hotels::book
            compensate none

        read end(hotels) { let _ = hotels; Ok(()) }

        let _ = (by_card, by_transfer, right);
    }
}

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Courier(trip: Trip, express: bool) with (hotels: Hotels) -> Result<(), BookingError> {
        #[when(express => *express)] #[idempotent]
        step fast(hotels, trip, key) -> Booking = Hotels::book
            compensate none

        #[when(express => !*express)] #[idempotent]
        step slow(hotels, trip, key) -> Booking = Hotels::book
            compensate none

        let _ = (fast, slow);
    }

    #[classify(BookingError::verdict)]
    saga Send(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[savepoint(3)]
        read quote(hotels) -> u32 { let _ = hotels; Ok(1) }

        step sent(trip, quote) = saga Courier { trip: trip.clone(), express: *quote > 1 } with (hotels)
    }
}

fn main() {}
