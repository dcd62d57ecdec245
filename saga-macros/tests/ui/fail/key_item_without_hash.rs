// Two equal items would be one operation to the other side, so they are looked for.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrips(trips: Vec<Trip>) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent(by = trip)]
        for trip: Trip in (trips => trips.clone()) step booked(hotels, trip) -> Booking {
            let _ = (hotels, trip);
            Ok(Booking)
        }
            compensate(hotels, booked) = Hotels::cancel;

        let _ = booked;
    }
}

fn main() {}
