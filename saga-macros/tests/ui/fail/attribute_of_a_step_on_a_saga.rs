// Only some attributes have a default for all steps.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[idempotent]
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
