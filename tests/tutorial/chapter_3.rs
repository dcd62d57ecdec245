use super::vendors;

use typed_saga::saga;
use vendors::{Booking, Cars, Hotels, TripError};

saga! {
    saga BookTrip(city: String, budget: u32)
    with (hotels: Hotels, cars: Cars)
    -> Result<u32, TripError>
    {
        step hotel(hotels, city, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        step car(cars, city, key) -> Booking = Cars::book
            compensate(cars, car) = Cars::cancel;

        read price(hotel, car, budget) -> u32 {
            let price = hotel.price + car.price;
            if price <= *budget {
                Ok(price)
            } else {
                Err(TripError::TooExpensive)
            }
        }

        price
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Hotels::default(), Cars::default());
    let book = |budget| {
        BookTrip { city: "Oslo".to_owned(), budget }.with(hotels.clone(), cars.clone())
    };

    assert_eq!(book(100).await.unwrap(), 80);
    assert_eq!(book(50).await.unwrap_err().step(), Some("price"));
    assert_eq!((hotels.active(), cars.active()), (1, 1)); // those of the first trip
}
