// errors: 4. A duration is a plain positive number, neither too fine nor too long.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(-1s)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[timeout(1e3ms)]
        read old_rates(billing, trip) -> Rates = Billing::rates;

        #[timeout("1s")]
        read new_rates(billing, trip) -> Rates = Billing::rates;

        #[timeout(0.0001us)]
        read fine_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
