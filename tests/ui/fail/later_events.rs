// errors: 2. Events are not there yet.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates emits RatesAsked = Billing::rates;

        publish(events, billing) = Billing::tell;
    }
}

fn main() {}
