// errors: 3. A step and its clauses have code.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates;

        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel)

        read old_rates(billing, trip) -> Rates Billing::rates;
    }
}

fn main() {}
