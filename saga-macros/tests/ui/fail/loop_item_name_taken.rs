// errors: 4. An item is read beside inputs, services and effects.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for trip: u32 in (nights => nights.clone())
        read a(nights) { let _ = nights; Ok(()) }

        for billing: u32 in (nights => nights.clone())
        read b(nights) { let _ = nights; Ok(()) }

        for a: u32 in (nights => nights.clone())
        read c(nights) { let _ = nights; Ok(()) }

        for key: u32 in (nights => nights.clone())
        read d(trip, billing) -> Rates = move_on;
    }
}

async fn move_on(_: &Trip, _: &Billing) -> Result<Rates> {
    Ok(Rates)
}

fn main() {}
