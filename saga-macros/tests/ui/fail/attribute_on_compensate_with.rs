// `compensate with` calls nothing that an attribute could be about.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step mail(hold) { drop(hold); Ok(()) } #[retry(3)] compensate with hold
    }
}

fn main() {}
