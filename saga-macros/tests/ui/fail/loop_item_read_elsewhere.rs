// errors: 4. An item exists in its loop alone, and is no step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent]
        for night: u32 in (nights => nights.clone())
        step hold(billing, trip, night, key) -> Hold { let _ = night; billing.hold(trip, key).await }
            compensate(billing, hold) = Billing::release;

        #[after(night)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[when(night => *night > 2)]
        read more(billing, trip) -> Rates = Billing::rates;

        read other(night, hold, rates, more) { let _ = (night, hold, rates, more); Ok(()) }

        finally(night) { drop(night); }
    }
}

fn main() {}
