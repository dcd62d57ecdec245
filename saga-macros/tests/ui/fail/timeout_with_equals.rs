// errors: 3. The arguments of an attribute stand in parentheses.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[timeout = 5s]
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        #[retry = 3]
        read rates(billing, trip) -> Rates = Billing::rates;
        #[late = 5s]
        step other(billing, trip, key) -> Hold = Billing::hold
            resolve(key) { let _ = key; Ok(None) }
            compensate(billing, other) = Billing::release;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
