// errors: 2. What waits has a name.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        sleep(5s);
        read rates(billing, trip) -> Rates = Billing::rates;
        signal(72h);
        read old_rates(billing, rates, trip) -> Rates { let _ = rates; billing.rates(trip).await }
    }
}

fn main() {}
