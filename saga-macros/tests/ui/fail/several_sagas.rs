// errors: 2. The sagas of one call are checked each for itself.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga AskRates(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trap) -> Rates = Billing::rates;
        rates
    }

    saga BookHotel(trip: Trip) with (hotels: Hotels) -> Result<Booking, BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
        hotel
    }

    saga BookCar(trip: Trip) with (cars: Cars) -> Result<Booking, BookingError> {
        step car(cars, trip, key) -> Booking = Cars::book;
        car
    }
}

fn main() {}
