// errors: 2. The condition of a `when` block reads what is there when it is reached.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (rates, hold => true) {
            read rates(billing, trip) -> Rates = Billing::rates;
        }

        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
    }
}

fn main() {}
