// errors: 2. A condition names what it reads.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[when(trip.wants_car)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[when(trip =>)]
        read old_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
