// The visibility comes before `durable`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    durable pub saga Book(trip: Trip) -> Result<(), BookingError> {
        #[idempotent]
        #[timeout(1s)]
        step confirmation(trip, key) { let _ = (trip, key); Ok(()) }
            compensate none
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.run().await);
}

fn main() {}
