// errors: 4. How a released version wrote a type is a type.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(#[stored_as = "Trip of"] trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[stored_as = Rates]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[stored_as("Rates")]
        read last_rates(billing, trip) -> Rates = Billing::rates;

        #[stored_as = "u32"]
        read old_rates(billing, trip) { let _ = (billing, trip); Ok(()) }
    }
}

fn main() {}
