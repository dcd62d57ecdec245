// A path gives a `Result`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

async fn always(_: &Billing, _: &Trip) -> Rates {
    Rates
}

saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = always;

        rates
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing).await);
}

fn main() {}
