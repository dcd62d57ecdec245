use super::vendors;

use typed_saga::saga;
use vendors::{Booking, Hotels, TripError};

saga! {
    saga BookTrip(city: String) with (hotels: Hotels) -> Result<Booking, TripError> {
        step hotel(hotels, city, key) -> Booking = Hotels::book
            compensate none

        hotel
    }
}

pub(super) async fn main() {
    let hotels = Hotels::default();
    let trip = BookTrip { city: "Oslo".to_owned() };
    let hotel = trip.with(hotels.clone()).await.unwrap();
    assert_eq!(hotel.price, 40);
}
