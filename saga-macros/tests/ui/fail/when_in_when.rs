// A `when` block does not stand in another.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
            when (rates => true) {
                step mail(rates) { drop(rates); Ok(()) } compensate none
            }
        }
    }
}

fn main() {}
