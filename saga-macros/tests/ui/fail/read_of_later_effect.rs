// A step reads only what exists when it starts.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, charge, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
