// errors: 2. After the pivot nothing is undone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        pivot charge(billing, trip, key) -> Hold = Billing::hold;

        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent]
        step second(hotels, trip, key) -> Booking = Hotels::book
            compensate none
    }
}

fn main() {}
