// errors: 2. What covers a step is skipped by runs that do not skip the step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Retired(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retired] #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        step mail(hold, key) { let _ = (hold, key); Ok(()) } compensate with hold
    }

    #[classify(BookingError::verdict)]
    saga Introduced(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[introduced] #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        read rates(billing, trip) -> Rates = Billing::rates;

        #[introduced] #[idempotent]
        step mail(hold, key) { let _ = (hold, key); Ok(()) } compensate with hold

        let _ = rates;
    }

    // A run continues with both, or without both.
    #[classify(BookingError::verdict)]
    saga Both(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retired] #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[retired] #[idempotent]
        step mail(hold, key) { let _ = (hold, key); Ok(()) } compensate with hold

        #[introduced] #[idempotent]
        step second(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, second) = Billing::release;

        #[introduced] #[idempotent]
        step letter(second, key) { let _ = (second, key); Ok(()) } compensate with second
    }
}

fn main() {}
