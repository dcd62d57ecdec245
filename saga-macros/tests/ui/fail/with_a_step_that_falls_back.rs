// What covers another step always happens.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release
            fallback(trip) { drop(trip); Ok(Hold) }

        step mail(hold) { drop(hold); Ok(()) } compensate with hold
    }
}

fn main() {}
