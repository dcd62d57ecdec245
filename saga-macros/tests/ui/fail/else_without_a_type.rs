// Steps with one name return one type: one without a type is one mistake, at that step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Charge, BookingError> {
        when (trip => trip.wants_car) {
            #[idempotent]
            step hold(billing, trip, key) = Billing::hold
                compensate none;
        } else {
            #[name = "small_hold"]
            #[idempotent]
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        }

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;

        charge
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing).await);
}

fn main() {}
