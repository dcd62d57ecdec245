// The name of steps in several arms does not say which of them is the key.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        } else {
            #[name = "all_rates"]
            read rates(billing, trip) -> Rates = Billing::rates;
        }

        #[idempotent(by = rates)]
        step mail(trip, rates) { drop((trip, rates)); Ok(()) } compensate none
    }
}

fn main() {}
