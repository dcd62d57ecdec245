// A duration literal stands alone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(2 * 5s)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
