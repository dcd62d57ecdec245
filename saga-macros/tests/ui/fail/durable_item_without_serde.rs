// The items of a loop are on record.
#[path = "../domain.rs"]
mod domain;
use domain::*;

pub struct Night(u32);

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    durable saga Book(nights: Vec<u32>) -> Result<Vec<u32>, BookingError> {
        for night: Night in (nights => nights.iter().copied().map(Night))
        read each(night) -> u32 { Ok(night.0) }

        each
    }
}

impl std::fmt::Display for BookingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no")
    }
}

fn main() {}
