// A saga owns its services.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Hold(trip: Trip) with (billing: &Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates { billing.rates(trip).await }

        rates
    }
}

async fn call(billing: &Billing) {
    drop(Hold { trip: Trip { wants_car: true } }.with(billing).await);
}

fn main() {}
