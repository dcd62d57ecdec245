// errors: 4. Only one arm runs, so none reads what is in another.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        } else when (hold => true) {
            read seen(hold) { drop(hold); Ok(()) }
        } else {
            #[after(seen)]
            step mail(trip) { drop(trip); Ok(()) } compensate with hold;
        }
    }
}

fn main() {}
