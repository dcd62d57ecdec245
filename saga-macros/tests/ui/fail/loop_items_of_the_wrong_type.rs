// errors: 2. The expression gives the items, of the type that is written.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<String>) with (billing: Billing) -> Result<(), BookingError> {
        for night: u32 in (trip => trip.wants_car)
        read each(night) -> u32 { Ok(*night) }

        for night: u32 in (nights => nights.clone())
        read some(night, billing) -> u32 { let _ = billing; Ok(*night) }
    }
}

fn main() {}
