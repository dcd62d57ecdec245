// A step that calls nobody is a `read`, which is never in doubt.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Ask(trips: Vec<Trip>) with (billing: Billing) -> Result<bool, BookingError> {
        for trip: Trip in (trips => trips.clone())
        read rates(billing, trip) -> Rates = Billing::rates;

        step enough(rates) -> bool { Ok(rates.len() > 3) }
            compensate none

        enough
    }
}

async fn call(trips: Vec<Trip>) {
    drop(Ask { trips }.with(Billing).await);
}

fn main() {}
