// A timeout leaves time to answer.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(0s)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
