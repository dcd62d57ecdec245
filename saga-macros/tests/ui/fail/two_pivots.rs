// A saga has one point of no return.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, mailer: Mailer) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;

        #[idempotent]
        pivot confirmation(mailer, trip, key) = Mailer::confirm;
    }
}

fn main() {}
