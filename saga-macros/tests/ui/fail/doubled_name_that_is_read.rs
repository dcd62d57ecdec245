// A name that is taken is reported where it is declared, not where it is read.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        step trip(billing, rates, trip) -> Hold { let _ = (billing, rates, trip); Ok(Hold) }
            compensate(billing, trip) = Billing::release;
        #[after(trip)]
        read more(billing, trip) -> Hold { let _ = billing; Ok(trip.clone()) }
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
