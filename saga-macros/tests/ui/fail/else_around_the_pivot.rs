// The pivot is in no arm.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        } else {
            #[idempotent]
            pivot noted(trip, key) { drop((trip, key)); Ok(()) }
        }
    }
}

fn main() {}
