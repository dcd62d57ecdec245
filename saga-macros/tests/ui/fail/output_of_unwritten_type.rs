// `_` stands for all effects, not for a type to be inferred.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<_, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        rates
    }
}

fn main() {}
