// errors: 3. Inputs, services and steps share one scope.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read trip(billing, trip) -> Rates = Billing::rates;

        read billing(billing, trip) -> Rates = Billing::rates;

        read rates(billing, trip) -> Rates = Billing::rates;

        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
