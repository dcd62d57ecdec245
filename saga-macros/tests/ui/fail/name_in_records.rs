// errors: 3. A name in keys and records has letters, digits and a few signs.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[name = ""]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[name = "last rates"]
        read last_rates(billing, trip) -> Rates = Billing::rates;

        #[name(oldest)]
        read old_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
