// errors: 2. An `else` follows a `when`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        else {
            step mail(trip) { drop(trip); Ok(()) } compensate none
        }
        else when (trip => trip.wants_car) {
            step letter(trip) { drop(trip); Ok(()) } compensate none
        }
    }
}

fn main() {}
