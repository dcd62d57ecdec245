use super::vendors;

use typed_saga::saga;
use vendors::{Booking, Cars, Hotels, TripError};

saga! {
    saga BookTrip(city: String)
    with (hotels: Hotels, cars: Cars)
    -> Result<(Booking, Booking), TripError>
    {
        step hotel(hotels, city, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        step car(cars, city, key) -> Booking = Cars::book
            compensate(cars, car) = Cars::cancel;

        (hotel, car)
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Hotels::default(), Cars::default());
    cars.trouble(TripError::Refused);

    let trip = BookTrip { city: "Oslo".to_owned() };
    let error = trip.with(hotels.clone(), cars).await.unwrap_err();
    println!("{error}");
    assert_eq!(hotels.active(), 0);
}
