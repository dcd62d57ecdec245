// A savepoint turns a number of times.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[savepoint(forever)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
