// The steps of an `else` are in braces.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        } else step mail(trip) { drop(trip); Ok(()) } compensate none
    }
}

fn main() {}
