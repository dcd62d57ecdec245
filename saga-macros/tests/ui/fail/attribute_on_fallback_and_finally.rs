// errors: 2. `fallback` and `finally` run once.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates
            #[retry(3)]
            fallback(billing, trip) = Billing::rates;

        #[timeout(1s)]
        finally(outcome) { log(outcome) }
    }
}

fn main() {}
