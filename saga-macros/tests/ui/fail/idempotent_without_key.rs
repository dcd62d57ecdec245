// errors: 2. An `#[idempotent]` step tells the other side by its key that an attempt is a repetition.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        pivot charge(billing) -> Charge {
            let _ = billing;
            Ok(Charge)
        }

        let _ = charge;
    }
}

async fn book(billing: Billing) -> std::result::Result<(), typed_saga::Error<BookingError>> {
    BookTrip { trip: Trip { wants_car: true } }.with(billing).await
}

fn main() {}
