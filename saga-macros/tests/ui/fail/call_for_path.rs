// errors: 2. A path is not called: what it is called with stands before it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = billing.rates(trip);

        read old_rates(billing, trip) -> Rates = Billing::rates(billing, trip).await?;
    }
}

fn main() {}
