use super::vendors;

use saga::saga;
use vendors::{Booking, BookingError, Vendor};

saga! {
    saga BookTrip(city: String)
    with (hotels: Vendor, cars: Vendor)
    -> Result<(Booking, Booking), BookingError>
    {
        step hotel(hotels, city, key) -> Booking = Vendor::book
            compensate(hotels, hotel) = Vendor::cancel;

        step car(cars, city, key) -> Booking = Vendor::book
            compensate(cars, car) = Vendor::cancel;

        (hotel, car)
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Vendor::default(), Vendor::default());
    cars.trouble(BookingError::Full);

    let trip = BookTrip { city: "Oslo".to_owned() };
    let error = trip.with(hotels.clone(), cars).await.unwrap_err();
    println!("{error}");
    assert_eq!(hotels.active(), 0);
}
