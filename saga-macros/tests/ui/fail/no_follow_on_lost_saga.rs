// Nor does a saga that could not be read.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[derive(Clone)]
    pub saga BookTrip(trip: Trip) with (hotels: Hotels) {
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

async fn book(trip: Trip) -> Result<()> {
    BookTrip { trip }
        .with(Hotels)
        .await
        .map_err(|_| BookingError)
}

fn main() {}
