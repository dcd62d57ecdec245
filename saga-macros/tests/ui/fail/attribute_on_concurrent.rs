// Attributes stand on the steps, not on the block around them.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(1s)]
        concurrent {
            read rates(billing, trip) -> Rates = Billing::rates;
            read old_rates(billing, trip) -> Rates = Billing::rates;
        }
    }
}

fn main() {}
