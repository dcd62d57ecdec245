// Nothing undoes the pivot.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent]
        pivot charge(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, charge) = Billing::release;
    }
}

fn main() {}
