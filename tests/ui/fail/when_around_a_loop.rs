// A loop does not stand in a `when` block.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(trip: Trip) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            for seat: u8 in (trip => { drop(trip); [1, 2] })
            step mail(seat) { drop(*seat); Ok(()) } compensate none
        }
    }
}

fn main() {}
