// The same for a step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        step outcome(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, outcome) = Billing::release;
        read rates(billing, trip, outcome) -> Rates { let _ = outcome; billing.rates(trip).await }
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
