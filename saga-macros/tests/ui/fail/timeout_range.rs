// A timeout is one duration.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(1s..2s)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
