// Steps run side by side in `concurrent`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurent {
            read rates(billing, trip) -> Rates = Billing::rates;
            read old_rates(billing, trip) -> Rates = Billing::rates;
        }
    }
}

fn main() {}
