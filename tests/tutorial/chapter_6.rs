use super::vendors;

use saga::saga;
use vendors::{Booking, BookingError, Vendor};

saga! {
    saga BookTrip(city: String, drives: bool)
    with (hotels: Vendor, cars: Vendor)
    -> Result<(Booking, Option<Booking>), BookingError>
    {
        concurrent {
            step hotel(hotels, city, key) -> Booking = Vendor::book
                compensate(hotels, hotel) = Vendor::cancel;

            #[when(drives => *drives)]
            step car(cars, city, key) -> Booking = Vendor::book
                compensate(cars, car) = Vendor::cancel;
        }

        (hotel, car)
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Vendor::default(), Vendor::default());
    let book = |drives| {
        BookTrip { city: "Oslo".to_owned(), drives }.with(hotels.clone(), cars.clone())
    };

    let (_, car) = book(false).await.unwrap();
    assert_eq!(car, None);

    hotels.trouble(BookingError::Full);
    book(true).await.unwrap_err();
    assert_eq!((hotels.active(), cars.active()), (1, 0));
}
