// errors: 2. Nor are the attributes of later versions.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[since(2)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[transactional]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
    }
}

fn main() {}
