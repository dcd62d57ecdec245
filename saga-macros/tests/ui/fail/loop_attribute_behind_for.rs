// All attributes stand before `for`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for night: u32 in (nights => nights.clone())
        #[idempotent]
        step hold(billing, trip, night, key) -> Hold { let _ = night; billing.hold(trip, key).await }
            compensate(billing, hold) = Billing::release;
    }
}

fn main() {}
