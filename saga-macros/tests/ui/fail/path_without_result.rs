// errors: 2. A path gives a `Result`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Prices;

impl Prices {
    async fn always(_: &Trip) {}
}

async fn always(_: &Billing, _: &Trip) -> Rates {
    Rates
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = always;

        read prices(trip) = Prices::always;

        rates
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing).await);
}

fn main() {}
