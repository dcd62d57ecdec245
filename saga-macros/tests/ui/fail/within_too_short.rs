// errors: 3. `#[within]` leaves the pivot the time to settle.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(20s)]
    #[within(1m)]
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[retry(2)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[retry(3, 1s..4s)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    // What `#[holds]` needs is judged only once `#[within]` is kept.
    #[within(30s)]
    saga Both(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[timeout(5s)] #[retry(1)] #[holds(20s)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[timeout(10s)] #[retry(3, 1s..2s)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[within(30s)]
    saga First(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[timeout(10s)] #[retry(3, 1s..2s)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }
}

fn main() {}
