// errors: 2. `key` names the operation of a step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[when(key => key.is_even())]
        read rates(billing, trip) -> Rates = Billing::rates;

        finally(key) { log(key) }
    }
}

fn main() {}
