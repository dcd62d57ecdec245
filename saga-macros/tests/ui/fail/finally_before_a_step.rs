// errors: 2. `finally` stands behind all steps, and once.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        finally(outcome) { log(outcome) }

        read rates(billing, trip) -> Rates = Billing::rates;

        finally(outcome) { log(outcome) }
    }
}

fn main() {}
