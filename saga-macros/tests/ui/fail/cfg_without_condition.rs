// `#[cfg]` says when.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[cfg]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
