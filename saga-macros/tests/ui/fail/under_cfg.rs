// errors: 2. A mistake under `#[cfg]` is reported where the condition holds, and once.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[cfg(all())]
        read rates(billing, trap) -> Rates = Billing::rates;

        #[cfg(any())]
        read old_rates(billing, trap) -> Rates = Billing::rates;

        read new_rates(billing, ratse) -> Rates = Billing::rates;
    }
}

fn main() {}
