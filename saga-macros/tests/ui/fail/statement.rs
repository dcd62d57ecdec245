// A saga has steps, not statements: those stand in their code.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        let nights = 3;

        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
