// Only steps run side by side.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurrent {
            read rates(billing, trip) -> Rates = Billing::rates;
            read old_rates(billing, trip) -> Rates = Billing::rates;
            finally(outcome) { log(outcome) }
        }
    }
}

fn main() {}
