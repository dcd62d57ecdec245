// errors: 4. `compensate with` names a step that is declared before.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step a(trip) { drop(trip); Ok(()) } compensate with trip
        step b(trip) { drop(trip); Ok(()) } compensate with b
        step c(trip) { drop(trip); Ok(()) } compensate with hodl
        step d(trip) { drop(trip); Ok(()) } compensate with e
        step e(trip) { drop(trip); Ok(()) } compensate with hold
    }
}

fn main() {}
