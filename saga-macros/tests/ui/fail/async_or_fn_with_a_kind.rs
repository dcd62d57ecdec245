// errors: 3. A step is neither `async` nor a `fn`: its kind says all.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        async step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        fn step other(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, other) = Billing::release;
        async read rates(billing, trip, hold, other) -> Rates { let _ = (hold, other); billing.rates(trip).await }
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
