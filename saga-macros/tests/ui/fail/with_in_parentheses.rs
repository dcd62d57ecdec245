// `compensate with` is followed by a name.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        step mail(hold) { drop(hold); Ok(()) } compensate with (hold);
    }
}

fn main() {}
