// A step without a type returns `()`: whoever uses more than that is one mistake, at the step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<Booking, BookingError> {
        #[idempotent]
        step hold(billing, trip, key) = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        step hotel(hotels, trip, hold, key) -> Booking { let _ = hold.clone(); hotels.book(trip, key).await }
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;

        drop(charge);
        hotel
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels).await);
}

fn main() {}
