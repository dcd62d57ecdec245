// errors: 2. An attribute of the language under `#[cfg_attr]` is the same mistake on a saga and on an input.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[cfg_attr(all(), timeout(1s))]
    #[cfg_attr(all(), derive(Debug), doc = "Books.")]
    saga BookTrip(
        trip: Trip,
        #[cfg_attr(all(), cfg_attr(all(), retry(2)))] nights: u8,
    ) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip, nights) -> Rates { billing.rates(trip).await }
    }
}

fn main() {}
