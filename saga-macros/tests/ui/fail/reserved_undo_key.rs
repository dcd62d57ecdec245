// errors: 3. `undo_key` has a meaning of its own.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Quote(trip: Trip, undo_key: u64) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga Ask(trip: Trip) with (billing: Billing, undo_key: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga Pay(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step undo_key(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, undo_key) = Billing::release;
    }
}

fn main() {}
