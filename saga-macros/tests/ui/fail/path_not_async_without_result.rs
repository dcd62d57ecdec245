// What a path names is an `async fn` that gives a `Result`; neither is one mistake, too.
#[path = "../domain.rs"]
mod domain;
use domain::*;

fn always(_: &Billing, _: &Trip) -> Rates {
    Rates
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = always;

        rates
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing).await);
}

fn main() {}
