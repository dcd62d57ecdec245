// errors: 2. From the pivot on there is no way back that could turn.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        #[savepoint(3)]
        pivot charge(billing, trip, key) -> Hold = Billing::hold;

        #[idempotent]
        #[savepoint(3)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book;
    }
}

fn main() {}
