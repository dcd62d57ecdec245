// errors: 2. A `when` block says what its condition reads.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        when (trip.wants_car) {
            step mail(trip) { drop(trip); Ok(()) } compensate none
        }

        when (trip =>) {
            step letter(trip) { drop(trip); Ok(()) } compensate none
        }
    }
}

fn main() {}
