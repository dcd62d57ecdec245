// errors: 5. `#[holds]` takes a literal duration and `until = step`.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(5s)]
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(1m, charge)]
        step a(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, a) = Billing::release;
        #[idempotent] #[holds(1m, until = charge, b)]
        step b(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, b) = Billing::release;
        #[idempotent] #[holds(until = charge)]
        step c(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, c) = Billing::release;
        #[holds(1m)]
        sleep d(1s);
        #[idempotent]
        pivot charge(billing, a, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    saga Misspelt(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(1m, untill = charge)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
