// A saga has one point of no return.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent]
        for night: u32 in (nights => nights.clone())
        pivot hold(billing, trip, night, key) -> Hold { let _ = night; billing.hold(trip, key).await }
    }
}

fn main() {}
