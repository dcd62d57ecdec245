// A `when` that governs what covers a step governs that step, too.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[when(trip => trip.wants_car)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step mail(hold) { drop(hold); Ok(()) } compensate with hold
    }
}

fn main() {}
