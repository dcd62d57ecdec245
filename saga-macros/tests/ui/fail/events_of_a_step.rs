// errors: 1. The type of the events is of the saga as a whole.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates emit RatesAsked = Billing::rates;
    }
}

fn main() {}
