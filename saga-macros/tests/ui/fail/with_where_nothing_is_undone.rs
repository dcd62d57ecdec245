// errors: 3. Only a `step` before the pivot is undone with another.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        read rates(billing, trip) -> Rates = Billing::rates compensate with hold

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture compensate with hold

        #[idempotent]
        step mail(rates, charge, key) { drop((rates, charge, key)); Ok(()) } compensate with hold
    }
}

fn main() {}
