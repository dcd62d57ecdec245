// errors: 5. A loop names its item, its type, what its items are made of, and its step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for night in (nights => nights.clone())
        read a(night) -> u32 { Ok(*night) }

        for night: u32 (nights => nights.clone())
        read b(night) -> u32 { Ok(*night) }

        for night: u32 in nights
        read c(night) -> u32 { Ok(*night) }

        for night: u32 in (nights)
        read d(night) -> u32 { Ok(*night) }

        for night: u32 in (nights => nights.clone()) {
            billing.rates(trip).await?;
        }

        read rates(billing, trip, nights) -> Rates {
            let _ = nights;
            billing.rates(trip).await
        }
    }
}

fn main() {}
