// errors: 3. Who reads a loop reads a list, of what its items gave or skipped.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for night: u32 in (nights => nights.clone())
        read each(night) -> u32 { Ok(*night) }

        #[when(night => *night > 2)]
        for night: u32 in (nights => nights.clone())
        read some(night) -> u32 { Ok(*night) }

        #[when(trip => trip.wants_car)]
        for night: u32 in (nights => nights.clone())
        read whole(night) -> u32 { Ok(*night) }

        read a(billing, each) { let _: (&Billing, &u32) = (billing, each); Ok(()) }
        read b(some) { let _: &Vec<u32> = some; Ok(()) }
        read c(whole) { let _: &Vec<u32> = whole; Ok(()) }
    }
}

fn main() {}
