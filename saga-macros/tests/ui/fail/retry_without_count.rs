// A retry says how often.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(100ms..2s)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
