// A loop owns its items.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(nights: Vec<String>) -> Result<(), BookingError> {
        for night: &str in (nights => nights.iter().map(|night| &**night))
        read each(night) -> usize { Ok(night.len()) }
    }
}

fn main() {}
