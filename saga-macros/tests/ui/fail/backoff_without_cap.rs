// errors: 2. A backoff has a base and a cap.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(3, 100ms..)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[retry(3, 100ms)]
        read old_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
