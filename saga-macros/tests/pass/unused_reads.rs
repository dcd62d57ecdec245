// rustc advises to write `_key` for a `key` that is not used: that reads `key`, like any other name.
#![deny(unused_variables)]
#[path = "../ui/domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Hold, BookingError> {
        step hold(billing, trip, key, _ctx) -> Hold { billing.hold(trip, key).await }
            compensate(billing, hold, _key, _failure) { billing.release(hold).await }

        read rates(billing, trip, _hold) -> Rates { billing.rates(trip).await }
            fallback(_trip) { Ok(Rates) }

        #[when(trip, _rates => trip.wants_car)]
        step seen(_rates) { Ok(()) }
            compensate none

        finally(_trip, _outcome) {}

        hold
    }
}
