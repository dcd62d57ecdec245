// That holds for the saga's own `#[retry]` as well.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[retry(3)]
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
