// A `when` block has a condition.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when {
            read rates(billing, trip) -> Rates = Billing::rates;
        }
    }
}

fn main() {}
