// errors: 4. The head of a saga: its inputs, services and body.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    durabel saga BookTrip(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        rates
    }

    saga BookCar -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga BookHotel(trip: Trip) with -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga BookFlight(trip: Trip) with (billing: Billing) -> Result<(), BookingError>;
}

fn main() {}
