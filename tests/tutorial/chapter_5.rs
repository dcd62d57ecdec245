use super::vendors;

use typed_saga::saga;
use vendors::{Booking, Cars, Hotels, TripError};

saga! {
    #[classify(TripError::verdict)]
    #[timeout(10s)]
    saga BookTrip(city: String)
    with (hotels: Hotels, cars: Cars)
    -> Result<(Booking, Booking), TripError>
    {
        step hotel(hotels, city, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::cancel_by_key;

        #[late(10ms)]
        step car(cars, city, key) -> Booking = Cars::book
            resolve(cars, key) = Cars::find
            compensate(cars, car) = Cars::cancel;

        (hotel, car)
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Hotels::default(), Cars::default());
    let book = || BookTrip { city: "Oslo".to_owned() }.with(hotels.clone(), cars.clone());

    // The car rental's answer is lost. `resolve` finds the booking.
    cars.trouble(TripError::AnswerLost);
    book().await.unwrap();
    assert_eq!((hotels.active(), cars.active()), (1, 1));

    // The hotel's answer is lost. The booking is cancelled by its key, whether or not it was made.
    hotels.trouble(TripError::AnswerLost);
    assert_eq!(book().await.unwrap_err().step(), Some("hotel"));
    assert_eq!((hotels.active(), cars.active()), (1, 1));
}
