// errors: 2. A saga takes as many services as it declares: where, says the word `with`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<Booking, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        step booking(hotels, trip, rates, key) -> Booking { let _ = rates; hotels.book(trip, key).await }
            compensate(hotels, booking) = Hotels::cancel;

        booking
    }
}

async fn call(trip: Trip) {
    drop(Book { trip: trip.clone() }.with(Billing).await);
    drop(Book { trip }.with().await);
}

fn main() {}
