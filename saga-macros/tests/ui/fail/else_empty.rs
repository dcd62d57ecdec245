// errors: 2. Each arm has a step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        } else when (trip => !trip.wants_car) {
        } else {
        }
    }
}

fn main() {}
