// errors: 3. `key`, `ctx`, `failure` and `outcome` have a meaning of their own.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip, key: u64) with (billing: Billing, ctx: Hotels) -> Result<(), BookingError> {
        read outcome(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
