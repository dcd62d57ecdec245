// errors: 2. What a saga is generic over, its caller gives.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip<T, const N: usize>(trip: Trip) with (billing: Billing) -> Result<(), BookingError>
    where
        T: Clone,
    {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
