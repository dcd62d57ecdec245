// errors: 4. What `#[retry]` takes besides.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(3, jiter = false)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[retry(often)]
        read old_rates(billing, trip) -> Rates = Billing::rates;

        #[retry(3, jitter = 0)]
        read new_rates(billing, trip) -> Rates = Billing::rates;

        #[retry(3, 5)]
        read last_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
