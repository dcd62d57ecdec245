// errors: 2. A duration has one of six units.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(10)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[timeout(10sec)]
        read old_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
