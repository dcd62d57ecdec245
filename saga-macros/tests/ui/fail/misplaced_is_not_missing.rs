// errors: 6. An attribute at the wrong place is not missing at the right one as well.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(10s)]
    saga OnItsClause(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[idempotent]
            compensate(hotels, hotel) = Hotels::cancel;
    }

    #[timeout(10s)]
    saga OnItsStep(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[by_key]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, key) = Hotels::annul;
    }

    #[timeout(10s)]
    #[idempotent]
    saga OnItsSaga(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }

    #[classify(BookingError::verdict)]
    durable saga OnItsBlock(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(10s)]
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        }
    }

    #[timeout(10s)]
    durable saga OfItsSaga(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[classify(BookingError::verdict)]
        when (trip => trip.wants_car) {
            read rates(billing, trip) -> Rates = Billing::rates;
        }
    }

    #[classify(BookingError::verdict)] #[timeout(10s)]
    durable saga OfItsStep(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[late(30s)]
            resolve(hotels, key) = Hotels::find;
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
