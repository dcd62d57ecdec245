// Two sagas of one call have two names.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<Rates, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        rates
    }

    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<Option<Booking>, BookingError> {
        read hotel(hotels, key) -> Option<Booking> = Hotels::find;
        hotel
    }
}

fn main() {}
