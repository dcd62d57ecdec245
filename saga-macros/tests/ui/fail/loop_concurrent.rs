// errors: 4. How many items may be under way is a number, of a loop.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        #[concurrent(0)]
        for night: u32 in (nights => nights.clone())
        read a(night) { let _ = night; Ok(()) }

        #[concurrent(many)]
        for night: u32 in (nights => nights.clone())
        read b(night) { let _ = night; Ok(()) }

        #[concurrent]
        for night: u32 in (nights => nights.clone())
        read c(night) { let _ = night; Ok(()) }

        #[concurrent(8)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
