// errors: 3. A leading `_` is no part of a name, so the second one is taken.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip, _trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold { billing.hold(trip, key).await }
            compensate(billing, hold) { billing.release(hold).await }

        step _hold(billing, _trip, key) -> u8 { billing.hold(_trip, key).await.map(|_| 1) }
            compensate(_hold) { let _: &u8 = _hold; Ok(()) }

        #[name = "_rates"]
        read rates(billing, trip) -> Rates = Billing::rates;

        read seen(hold, rates) {
            let _ = (hold, rates);
            Ok(())
        }
    }
}

async fn call(trip: Trip, other: Trip) {
    drop(BookTrip { trip, _trip: other }.with(Billing).await);
}

fn main() {}
