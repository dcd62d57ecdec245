// errors: 8. `#[holds]` lasts until a later step, which it names where the pivot is none.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(5s)]
    saga WithoutPivot(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(1m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
    }

    #[timeout(5s)]
    saga OnAndAfter(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(1m)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
        #[idempotent] #[holds(1m)]
        step charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    saga NotLater(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent] #[holds(1m, until = rates)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        #[idempotent] #[holds(1m, until = other)]
        step other(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, other) = Billing::release;
        #[idempotent] #[holds(1m, until = chrage)]
        step third(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, third) = Billing::release;
        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    saga Beside(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurrent {
            #[idempotent] #[holds(1m, until = other)]
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
            #[idempotent]
            step other(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, other) = Billing::release;
        }
    }

    #[timeout(5s)]
    saga OfARead(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[holds(1m)]
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }
}

fn main() {}
