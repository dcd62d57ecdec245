// errors: 2. `#[after]` names steps, `finally` reads inputs and services.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        #[after(rate)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        finally(receipt, outcome) { log(receipt, outcome) }
    }
}

fn main() {}
