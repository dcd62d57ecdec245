// The condition of a `when` block is a `bool`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip) {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        }
    }
}

fn main() {}
