// Without a default each step has a timeout.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    durable saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(2s)]
        read rates(billing, trip) -> Rates = Billing::rates;

        read old_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
