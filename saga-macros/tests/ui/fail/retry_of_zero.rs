// errors: 2. Nothing is done zero times.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(0)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[savepoint(0)]
        read old_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
