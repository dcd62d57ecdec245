// A `when` block does not stand in `concurrent`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurrent {
            when (trip => trip.wants_car) {
                read rates(billing, trip) -> Rates = Billing::rates;
            }
            step mail(trip) { drop(trip); Ok(()) } compensate none
        }
    }
}

fn main() {}
