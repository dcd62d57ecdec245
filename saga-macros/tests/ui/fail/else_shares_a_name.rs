// errors: 3. Steps in several arms may have one name in code, but each has its own in keys and journals.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        } else {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        }

        read seen(hold_2) { drop(hold_2); Ok(()) }

        step mail(trip, hold) { drop((trip, hold)); Ok(()) } compensate with hold;
    }
}

fn main() {}
