// What nobody reads, rustc says: an item, too.
#![deny(warnings)]
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(nights: Vec<u32>) -> Result<usize, BookingError> {
        for night: u32 in (nights => nights.clone())
        read each() -> u32 { Ok(1) }

        each.len()
    }
}

fn main() {}
