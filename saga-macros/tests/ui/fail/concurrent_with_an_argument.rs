// errors: 2. How many items run at a time is an attribute of their loop.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, days: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        concurrent(8) for day: u32 in (days => days.clone())
        read rates(billing, trip, day) -> Rates { drop(day); billing.rates(trip).await }
        concurrent(2) {
            read old(billing, trip) -> Rates = Billing::rates;
            read new(billing, trip) -> Rates = Billing::rates;
        }
        read last(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
