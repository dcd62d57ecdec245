// errors: 2. A walk has methods that undo a step and take its fallback.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read undo_rates(billing, trip) -> Rates = Billing::rates;

        read fall_back_rates(billing, trip) -> Rates = Billing::rates;

        read rates(billing, trip) -> Rates = Billing::rates
            fallback(billing, trip) = Billing::rates;
    }
}

fn main() {}
