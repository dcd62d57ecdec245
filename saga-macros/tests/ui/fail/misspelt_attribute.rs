// errors: 3. A misspelt attribute is one mistake: what it would promise does not count as missing.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga Book(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        #[idempotant]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        step other(hotels, trip, key) -> Booking = Hotels::book
            #[bykey]
            compensate(hotels, key) = Hotels::annul;

        #[idempotnt]
        read again(hotels, key) -> Option<Booking> = Hotels::find;
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Hotels).await);
}

fn main() {}
