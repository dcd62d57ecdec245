// errors: 3. What covers another step has a compensation of its own.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        step mail(rates) { drop(rates); Ok(()) } compensate none
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step a(rates) { drop(rates); Ok(()) } compensate with rates
        step b(trip) { drop(trip); Ok(()) } compensate with mail
        step c(hold) { drop(hold); Ok(()) } compensate with hold
        step d(trip) { drop(trip); Ok(()) } compensate with c
    }
}

fn main() {}
