// A walk has a method that undoes each step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        step undo_hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, undo_hold) = Billing::release;
    }
}

fn main() {}
