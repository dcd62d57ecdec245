// errors: 5. Items are made before anything is done with them.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, nights: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        for night: u32 in (night => [*night])
        read a(night) -> u32 { Ok(*night) }

        for night: u32 in (b => b.clone())
        read b(night) -> u32 { Ok(*night) }

        for night: u32 in (rates => vec![])
        read c(night) -> u32 { Ok(*night) }

        for night: u32 in (key => vec![])
        read d(night) -> u32 { Ok(*night) }

        for night: u32 in (night_s => nights.clone())
        read e(night) -> u32 { Ok(*night) }

        read rates(billing, trip, nights) -> Rates {
            let _ = nights;
            billing.rates(trip).await
        }
    }
}

fn main() {}
