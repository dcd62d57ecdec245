// errors: 3. How often comes first, without a word; then the backoff.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[retry(times = 3)]
        read rates(billing, trip) -> Rates = Billing::rates;
        #[retry(max = 3, backoff = 100ms..2s)]
        read more(billing, trip) -> Rates = Billing::rates;
        #[retry(attempts = 3, jitter = false)]
        read most(billing, trip) -> Rates = Billing::rates;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
