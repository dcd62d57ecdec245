// `#[saga]` says where the crate is.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[saga(path = ::typed_saga)]
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
