// errors: 3. A predicate is a path or a closure, and only a savepoint has one.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(3, if = BookingError::is_busy)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[abort(BookingError::is_fraud)]
        read old_rates(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, if = true)]
        read last_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
