use super::vendors;

use typed_saga::saga;
use vendors::{Booking, Cars, Hotels, TripError};

saga! {
    saga BookTrip(city: String, drives: bool)
    with (hotels: Hotels, cars: Cars)
    -> Result<(Booking, Option<Booking>), TripError>
    {
        concurrent {
            step hotel(hotels, city, key) -> Booking = Hotels::book
                compensate(hotels, hotel) = Hotels::cancel;

            #[when(drives => *drives)]
            step car(cars, city, key) -> Booking = Cars::book
                compensate(cars, car) = Cars::cancel;
        }

        (hotel, car)
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Hotels::default(), Cars::default());
    let book = |drives| {
        BookTrip { city: "Oslo".to_owned(), drives }.with(hotels.clone(), cars.clone())
    };

    let (_, car) = book(false).await.unwrap();
    assert_eq!(car, None);

    hotels.trouble(TripError::Refused);
    book(true).await.unwrap_err();
    assert_eq!((hotels.active(), cars.active()), (1, 0));
}
