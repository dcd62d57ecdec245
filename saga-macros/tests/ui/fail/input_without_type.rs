// errors: 2. Inputs and services have types.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip, car: Trip) with (billing: ) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        read car_rates(billing, car) -> Rates = Billing::rates;
    }
}

fn main() {}
