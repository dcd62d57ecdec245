// That nothing is undone is written `compensate none`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate nothing

        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
