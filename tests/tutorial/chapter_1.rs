use super::vendors;

use saga::saga;
use vendors::{Booking, BookingError, Vendor};

saga! {
    saga BookTrip(city: String) with (hotels: Vendor) -> Result<Booking, BookingError> {
        step hotel(hotels, city, key) -> Booking = Vendor::book
            compensate none

        hotel
    }
}

pub(super) async fn main() {
    let hotels = Vendor::default();
    let trip = BookTrip { city: "Oslo".to_owned() };
    let hotel = trip.with(hotels.clone()).await.unwrap();
    assert_eq!(hotel.price, 40);
}
