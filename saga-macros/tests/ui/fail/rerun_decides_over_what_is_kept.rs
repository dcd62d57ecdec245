// errors: 2. A rerun cannot skip what it keeps.
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

fn main() {}
