// errors: 9. Every mistake is reported, each once.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels, cars: Cars) -> Result<(), BookingError> {
        #[timeout(10)]
        step hold(billing, trip, hotel, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step hotel(hotel, trip, key) -> Booking = Hotels::book;

        step car(cars, trip, key) -> Booking = Cars::book
            #[by_key]
            compensate(cars, car) = Cars::cancel;

        pivot charge(billing, hold, key) -> Charge = Billing::capture
            compensate none
    }
}

fn main() {}
