// errors: 3. A verdict says whether another call follows: `fallback` and `finally` are called once, and
// `compensate none` calls nothing.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates
            #[classify(BookingError::verdict)]
            fallback(billing, trip) = Billing::rates;

        step hold(billing, trip, key) -> Hold = Billing::hold
            #[classify(BookingError::verdict)]
            compensate none;

        #[classify(BookingError::verdict)]
        finally(outcome) { log(outcome) }
    }
}

fn main() {}
