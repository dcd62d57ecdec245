// A function that only has the name of `typed_saga::transient` does not hide a doubt.
#[path = "../domain.rs"]
mod domain;
use domain::*;

mod rules {
    pub fn transient(_: &super::BookingError) -> typed_saga::Verdict {
        typed_saga::Verdict::Unknown
    }
}

typed_saga::saga! {
    #[classify(rules::transient)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
