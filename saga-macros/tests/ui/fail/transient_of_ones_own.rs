// A function that only has the name of `saga::transient` does not hide a doubt.
#[path = "../domain.rs"]
mod domain;
use domain::*;

mod rules {
    pub fn transient(_: &super::BookingError) -> saga::Verdict {
        saga::Verdict::Unknown
    }
}

saga::saga! {
    #[classify(rules::transient)]
    saga BookTrip(trip: Trip) with (hotels: Hotels) -> Result<(), BookingError> {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
