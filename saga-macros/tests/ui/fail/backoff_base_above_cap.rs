// A backoff starts with its shortest wait.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(3, 2s..100ms)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
