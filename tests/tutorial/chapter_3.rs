use super::vendors;

use saga::saga;
use vendors::{Booking, BookingError, Vendor};

saga! {
    saga BookTrip(city: String, budget: u32)
    with (hotels: Vendor, cars: Vendor)
    -> Result<u32, BookingError>
    {
        step hotel(hotels, city, key) -> Booking = Vendor::book
            compensate(hotels, hotel) = Vendor::cancel;

        step car(cars, city, key) -> Booking = Vendor::book
            compensate(cars, car) = Vendor::cancel;

        read price(hotel, car, budget) -> u32 {
            let price = hotel.price + car.price;
            if price <= *budget {
                Ok(price)
            } else {
                Err(BookingError::Full)
            }
        }

        price
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Vendor::default(), Vendor::default());
    let book = |budget| {
        BookTrip { city: "Oslo".to_owned(), budget }.with(hotels.clone(), cars.clone())
    };

    assert_eq!(book(100).await.unwrap(), 80);
    assert_eq!(book(50).await.unwrap_err().step(), Some("price"));
    assert_eq!((hotels.active(), cars.active()), (1, 1)); // those of the first trip
}
