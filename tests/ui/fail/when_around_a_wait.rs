// errors: 2. Neither a signal nor a sleep stands in a `when` block.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(trip: Trip) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            #[timeout(never)]
            signal paid -> Charge;

            sleep embargo(trip => { drop(trip); std::time::Duration::ZERO });
        }
        read last(trip) { drop(trip); Ok(()) }
    }
}

fn main() {}
