// errors: 6. A read that is not a name is one mistake: its path is not called without it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(self, trip) -> Rates = Billing::rates;

        read again(&self, trip) -> Rates = Billing::rates;

        read once_more(mut billing, trip) -> Rates = Billing::rates;

        read two(billing trip) -> Rates = Billing::rates;

        read borrowed(&mut self, trip) -> Rates = Billing::rates
            fallback(&mut self, trip) = Billing::rates;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
