use super::vendors;

use saga::saga;
use vendors::{Booking, BookingError, Vendor};

saga! {
    #[classify(BookingError::verdict)]
    #[timeout(10s)]
    saga BookTrip(city: String)
    with (hotels: Vendor, cars: Vendor)
    -> Result<(Booking, Booking), BookingError>
    {
        step hotel(hotels, city, key) -> Booking = Vendor::book
            #[by_key]
            compensate(hotels, key) = Vendor::cancel_by_key;

        #[late(10ms)]
        step car(cars, city, key) -> Booking = Vendor::book
            resolve(cars, key) = Vendor::find
            compensate(cars, car) = Vendor::cancel;

        (hotel, car)
    }
}

pub(super) async fn main() {
    let (hotels, cars) = (Vendor::default(), Vendor::default());
    let book = || BookTrip { city: "Oslo".to_owned() }.with(hotels.clone(), cars.clone());

    // The car rental's answer is lost. `resolve` finds the booking.
    cars.trouble(BookingError::Lost);
    book().await.unwrap();
    assert_eq!((hotels.active(), cars.active()), (1, 1));

    // The hotel's answer is lost. The booking is cancelled by its key, whether or not it was made.
    hotels.trouble(BookingError::Lost);
    assert_eq!(book().await.unwrap_err().step(), Some("hotel"));
    assert_eq!((hotels.active(), cars.active()), (1, 1));
}
