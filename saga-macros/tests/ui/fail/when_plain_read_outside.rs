// errors: 2. Outside of its `when` block an effect is an `Option`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;

            step inside(hold) -> Hold { let hold: &Hold = hold; drop(hold); Ok(Hold) }
                compensate(inside, hold) { let _: (&Hold, &Hold) = (inside, hold); Ok(()) }
        }

        step mail(hold) { let hold: &Hold = hold; drop(hold); Ok(()) }
            compensate(inside) { let inside: &Hold = inside; drop(inside); Ok(()) }
    }
}

fn main() {}
