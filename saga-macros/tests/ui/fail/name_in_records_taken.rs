// Keys and records know steps by name.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[name = "rates"]
        read prices(billing, trip) -> Rates = Billing::rates;

        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
