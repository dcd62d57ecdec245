// What must succeed in the end is attempted again.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, mailer: Mailer) -> Result<(), BookingError> {
        #[idempotent]
        pivot charge(billing, trip, key) -> Hold = Billing::hold;

        step confirmation(mailer, trip, key) = Mailer::confirm;
    }
}

fn main() {}
