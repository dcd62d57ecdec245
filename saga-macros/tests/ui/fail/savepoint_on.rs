// errors: 4. What `on` of a savepoint names: this step, or later ones that can roll the saga back.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, on(first, chrage))]
        read first(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, on(second, rates))]
        read second(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, on(trip))]
        read third(billing, trip) -> Rates = Billing::rates;

        #[savepoint(3, on(fourth, charge, last))]
        read fourth(billing, trip) -> Rates = Billing::rates;

        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;

        #[idempotent]
        step last(billing, trip, key) -> Hold = Billing::hold;
    }
}

fn main() {}
