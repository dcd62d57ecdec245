// `#[within]` holds for the whole saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[within(1m)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
