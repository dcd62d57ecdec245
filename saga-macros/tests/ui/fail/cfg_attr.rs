// `#[cfg]` works on the parts of a saga, `#[cfg_attr]` does not.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[cfg_attr(test, timeout(1s))]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
