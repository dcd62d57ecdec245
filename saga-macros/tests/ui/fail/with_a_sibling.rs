// A sibling that covers a step is read by its action.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurrent {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;

            #[after(hold)]
            step mail(trip) { drop(trip); Ok(()) } compensate with hold
        }
    }
}

fn main() {}
