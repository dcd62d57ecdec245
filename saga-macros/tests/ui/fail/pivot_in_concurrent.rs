// Nothing runs beside the point of no return.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        concurrent {
            step hotel(hotels, trip, key) -> Booking = Hotels::book
                compensate(hotels, hotel) = Hotels::cancel;

            #[idempotent]
            pivot charge(billing, trip, key) -> Hold = Billing::hold;
        }
    }
}

fn main() {}
