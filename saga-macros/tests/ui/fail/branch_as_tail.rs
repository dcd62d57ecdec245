// A step under a condition says `#[when]`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        if trip.wants_car {
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;
        }
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
