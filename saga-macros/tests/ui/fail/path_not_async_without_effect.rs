// A path names an `async fn`, also where there is no effect.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) = now;
    }
}

fn now(_: &Billing, _: &Trip) {}

fn main() {}
