// errors: 2. For anything but a path there is a block.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = async { Ok(Rates) };

        read old_rates(billing, trip) -> Rates = |billing, trip| Billing::rates(billing, trip);
    }
}

fn main() {}
