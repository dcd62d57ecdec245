// A path of several words is that of an `async fn`, too; with a clause behind it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Cache;

impl Cache {
    fn rates(_: &Billing, _: &Trip) -> Result<Rates> {
        Ok(Rates)
    }
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = Cache::rates
            fallback(billing, trip) = Billing::rates;

        rates
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing).await);
}

fn main() {}
