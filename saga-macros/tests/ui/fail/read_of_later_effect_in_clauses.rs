// errors: 4. No part of a step reads a later effect.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[when(charge => charge.is_paid())]
        read rates(billing, trip) -> Rates = Billing::rates
            fallback(billing, charge) = Billing::old_rates;

        step hold(billing, trip, key) -> Hold = Billing::hold
            resolve(billing, charge) = Billing::find_hold
            compensate(billing, charge) = Billing::release;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
