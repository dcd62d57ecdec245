// A step that waits is a signal.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) -> Result<(), BookingError> {
        await approval(trip) -> Booking within 3d else { Ok(Booking) }
    }
}

fn main() {}
