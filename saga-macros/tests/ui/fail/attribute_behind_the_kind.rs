// errors: 2. Attributes stand before the kind of their step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        step #[idempotent] hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        step other #[idempotent] (billing, trip, key) -> Hold = Billing::hold
            compensate(billing, other) = Billing::release;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
