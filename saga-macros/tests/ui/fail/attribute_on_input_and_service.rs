// errors: 2. Inputs and services have no attributes of steps.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(#[when(true)] trip: Trip) with (#[serde(skip)] billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
