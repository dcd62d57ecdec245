use super::vendors;

use saga::saga;
use vendors::{Booking, BookingError, Vendor};

saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(city: String) with (hotels: Vendor) -> Result<Booking, BookingError> {
        #[retry(3, 10ms..1s)] #[idempotent]
        step hotel(hotels, city, key) -> Booking = Vendor::book
            compensate(hotels, hotel) = Vendor::cancel;

        hotel
    }
}

pub(super) async fn main() {
    let hotels = Vendor::default();
    let book = |id: &'static str| BookTrip { city: "Oslo".to_owned() }.with(hotels.clone()).id(id);

    hotels.trouble(BookingError::Busy);
    hotels.trouble(BookingError::Lost); // booked, but the answer is lost
    let hotel = book("trip-42").await.unwrap();
    assert_eq!(hotels.active(), 1);

    // The customer never saw the answer, and tries again.
    assert_eq!(book("trip-42").await.unwrap(), hotel);
    assert_eq!(hotels.active(), 1);
}
