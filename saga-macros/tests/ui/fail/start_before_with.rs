// errors: 2. A saga gets its services before it starts.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        rates
    }
}

async fn call(trip: Trip) {
    drop(Book { trip: trip.clone() }.start());
    drop(Book { trip }.await);
}

fn main() {}
