// An inner `when` is one mistake, with its `else`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
            when (rates => true) {
                step mail(rates) { drop(rates); Ok(()) } compensate none
            } else {
                step letter(trip) { drop(trip); Ok(()) } compensate none
            }
        }
    }
}

fn main() {}
