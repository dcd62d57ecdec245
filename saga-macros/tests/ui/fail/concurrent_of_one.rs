// One step alone does not run side by side.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurrent {
            read rates(billing, trip) -> Rates = Billing::rates;
        }
    }
}

fn main() {}
