// `#[saga]` says where the crate is.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    #[saga(path = ::saga)]
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
