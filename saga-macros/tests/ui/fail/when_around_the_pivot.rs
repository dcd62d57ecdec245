// The pivot does not stand in a `when` block.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        when (trip => trip.wants_car) {
            #[idempotent]
            pivot charge(billing, hold, key) -> Charge = Billing::capture;
        }
    }
}

fn main() {}
