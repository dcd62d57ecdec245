// `typed_saga::transient` never means `Unknown`: only the timeout is named.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(typed_saga::transient)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step sure(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, sure) = Hotels::cancel;

        #[timeout(1s)]
        step unsure(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, unsure) = Hotels::cancel;
    }
}

fn main() {}
