// errors: 3. Nor are sagas as steps, fan-out and signals.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step stay(trip) -> Booking = saga BookStay { trip }
            compensate none

        for leg in &trip.legs concurrent(8) step flight(leg) -> Booking = Flights::book
            compensate none

        await approval(trip) -> Booking within 3d else { Ok(Booking) }
    }
}

fn main() {}
