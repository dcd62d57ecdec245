// errors: 3. How `on` of a savepoint is written.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[savepoint(3, on())]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, on = rates)]
        read old_rates(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, on(new_rates), on(new_rates))]
        read new_rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
