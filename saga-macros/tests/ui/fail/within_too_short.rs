// errors: 1. `#[within]` leaves the pivot the time to settle.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    #[timeout(20s)]
    #[within(1m)]
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[retry(2)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[retry(3, 1s..4s)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
