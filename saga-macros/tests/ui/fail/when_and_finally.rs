// errors: 2. A `when` block has steps, and nothing else.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;

            finally(outcome) { drop(outcome); }
            trip.clone()
        }
    }
}

fn main() {}
