// errors: 2. An `else` is the last arm.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        } else {
            step mail(trip) { drop(trip); Ok(()) } compensate none
        } else when (trip => !trip.wants_car) {
            step letter(trip) { drop(trip); Ok(()) } compensate none
        } else {
            step card(trip) { drop(trip); Ok(()) } compensate none
        }
    }
}

fn main() {}
