// errors: 4. A name that is taken is one mistake, whatever the step does with it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for trip: u32 in (nights => nights.clone())
        read a(trip) { let _: &u32 = trip; Ok(()) }

        for key: u32 in (nights => nights.clone())
        read b(key) { let _: &u32 = key; Ok(()) }

        for c: u32 in (nights => nights.clone())
        read c(c) { let _: &u32 = c; Ok(()) }

        for billing: u32 in (nights => nights.clone())
        read d(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
