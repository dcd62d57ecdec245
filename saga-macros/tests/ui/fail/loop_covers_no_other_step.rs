// One step is undone with another, and not with each of many.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent]
        for night: u32 in (nights => nights.clone())
        step hold(billing, trip, night, key) -> Hold { let _ = night; billing.hold(trip, key).await }
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        step entry(billing, hold, key) -> usize { let _ = (billing, key); Ok(hold.len()) }
            compensate with hold
    }
}

fn main() {}
