// The items would not be on record.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    durable saga Book(nights: Vec<u32>) -> Result<(), BookingError> {
        for night: u32 in (nights => nights.clone())
        read each(night) -> u32 { Ok(*night) }
    }
}

impl std::fmt::Display for BookingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

fn main() {}
