// A saga has steps.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) -> Result<(), BookingError> {}
}

fn main() {}
