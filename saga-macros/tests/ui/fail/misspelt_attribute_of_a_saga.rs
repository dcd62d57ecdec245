// errors: 5. Attributes of other macros are passed on from a saga and its inputs, but not misspelt ones of sagas.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[derive(Clone)]
    #[clasify(BookingError::verdict)]
    #[timeuot(5s)]
    saga Book(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }

    #[attempts(3)]
    #[idempotant]
    saga Again(#[bykey] trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip: trip.clone() }.with(Hotels).await);
    drop(Again { trip }.with(Hotels).await);
}

fn main() {}
