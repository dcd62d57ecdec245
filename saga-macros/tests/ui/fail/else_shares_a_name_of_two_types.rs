// What steps in several arms make under one name is of one type.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<_, BookingError> {
        when (trip => trip.wants_car) {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        } else {
            #[name = "hold_2"]
            step hold(trip) -> Charge { drop(trip); Ok(Charge) } compensate none
        }
    }
}

fn main() {}
