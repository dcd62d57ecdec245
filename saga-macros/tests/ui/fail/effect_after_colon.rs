// errors: 2. The type of an effect stands behind `->`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        step hold(billing, trip, key): Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        step other(billing, trip, key) => Hold = Billing::hold
            compensate(billing, other) = Billing::release;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
