// rustc proves by the typestates what items are made of.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[saga(unchecked_reads)]
    saga Book(nights: Vec<u32>) -> Result<(), BookingError> {
        for night: u32 in (later => vec![*later])
        read each(night, nights) -> u32 { let _ = nights; Ok(*night) }

        read later(each) -> u32 { Ok(each[0]) }
    }
}

fn main() {}
