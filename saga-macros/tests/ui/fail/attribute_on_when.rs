// errors: 2. What a `when` block governs has attributes of its own.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(3)] #[idempotent]
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        }
    }
}

fn main() {}
