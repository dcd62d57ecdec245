// errors: 3. An attribute without its argument.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[retry()]
        read old_rates(billing, trip) -> Rates = Billing::rates;

        #[when]
        read new_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
