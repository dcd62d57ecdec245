// The effect of a step is what its `Ok` holds.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Result<Hold, BookingError> = Billing::hold
            compensate(billing, hold) = Billing::release;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
