// It must be known whether the point of no return is passed.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
