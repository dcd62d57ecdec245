// Each step gives a typestate its name.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read room_1(billing, trip) -> Rates = Billing::rates;

        read room1(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
