// An attribute stands before a step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        #[timeout(1s)]
        rates
    }
}

fn main() {}
