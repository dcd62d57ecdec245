// The arms of a `when` are not those of an `if`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        } else if trip.wants_car {
            step mail(trip) { drop(trip); Ok(()) } compensate none
        }
    }
}

fn main() {}
