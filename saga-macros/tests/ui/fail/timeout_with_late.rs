// errors: 2. An attribute has its own arguments only.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(5s, late = 3s)]
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[retry(3)] #[timeout(5s 6s)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
