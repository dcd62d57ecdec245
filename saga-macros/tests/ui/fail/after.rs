// errors: 3. `#[after]` names earlier steps.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[after(trip)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[after(hold, charge)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
