use super::vendors;

use typed_saga::saga;
use vendors::{Booking, Hotels, TripError};

saga! {
    #[classify(TripError::verdict)]
    saga BookTrip(city: String) with (hotels: Hotels) -> Result<Booking, TripError> {
        #[retry(3, 10ms..1s)] #[idempotent]
        step hotel(hotels, city, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        hotel
    }
}

pub(super) async fn main() {
    let hotels = Hotels::default();
    let book = |id: &'static str| BookTrip { city: "Oslo".to_owned() }.with(hotels.clone()).id(id);

    hotels.trouble(TripError::Busy);
    hotels.trouble(TripError::AnswerLost); // booked, but the answer is lost
    let hotel = book("trip-42").await.unwrap();
    assert_eq!(hotels.active(), 1);

    // The customer never saw the answer, and tries again.
    assert_eq!(book("trip-42").await.unwrap(), hotel);
    assert_eq!(hotels.active(), 1);
}
