// errors: 2. No savepoint stands between a step and what covers it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[savepoint(2)]
        step a(hold) { drop(hold); Ok(()) } compensate with hold

        #[savepoint(2)]
        step second(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, second) = Billing::release;

        step b(second) { drop(second); Ok(()) } compensate with second
        #[savepoint(2)]
        read rates(billing, trip) -> Rates = Billing::rates;
        step c(rates) { drop(rates); Ok(()) } compensate with second
    }
}

fn main() {}
