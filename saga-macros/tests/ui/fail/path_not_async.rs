// A path is that of an `async fn`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

fn now(_: &Billing, _: &Trip) -> Result<Rates> {
    Ok(Rates)
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = now;

        rates
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing).await);
}

fn main() {}
