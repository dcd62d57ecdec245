// errors: 3. The macro calls a path, and awaits it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates();
        read more(billing, trip) -> Rates = Billing::rates.await;
        read most(billing, trip) -> Rates = Billing::rates(billing, trip).await?;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
