// A step has a name.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
