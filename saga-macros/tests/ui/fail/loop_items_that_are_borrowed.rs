// A loop owns its items.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, days: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for day: u32 in (days => days.iter())
        read _rates(billing, trip, day) -> Rates { drop(day); billing.rates(trip).await }
    }
}

fn main() {}
