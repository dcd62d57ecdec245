// Services stand behind `with`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
