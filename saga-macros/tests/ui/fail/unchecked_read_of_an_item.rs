// rustc proves by the typestates that an item is read in its loop alone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[saga(unchecked_reads)]
    saga Book(nights: Vec<u32>) -> Result<(), BookingError> {
        for night: u32 in (nights => nights.clone())
        read each(night) -> u32 { Ok(*night) }

        read other(night, each) { let _ = (night, each); Ok(()) }
    }
}

fn main() {}
