use super::vendors;

use saga::{Outcome, saga};
use vendors::{Booking, BookingError, Vendor};

saga! {
    #[classify(BookingError::verdict)]
    #[timeout(10s)]
    saga BookTrip(city: String)
    with (hotels: Vendor, bank: Vendor, mail: Vendor)
    -> Result<(Booking, Booking), BookingError>
    {
        #[idempotent]
        step hotel(hotels, city, key) -> Booking = Vendor::book
            compensate(hotels, hotel) = Vendor::cancel;

        #[idempotent]
        pivot payment(bank, city, key) -> Booking = Vendor::charge;

        #[retry(4, 10ms..1s)] #[idempotent]
        step letter(mail, city, key) -> Booking = Vendor::send;

        (payment, letter)
    }
}

pub(super) async fn main() {
    let (hotels, bank, mail) = (Vendor::default(), Vendor::default(), Vendor::default());
    let book = || {
        BookTrip { city: "Oslo".to_owned() }.with(hotels.clone(), bank.clone(), mail.clone())
    };

    // If a step before the pivot fails, or the pivot is refused, the saga compensates.
    bank.trouble(BookingError::Full);
    book().await.unwrap_err();
    assert_eq!(hotels.active(), 0);

    // After the pivot nothing is undone. A step that fails is retried …
    mail.trouble(BookingError::Busy);
    book().await.unwrap();

    // … and if it cannot succeed, the saga parks for an operator.
    mail.trouble(BookingError::Full);
    let Outcome::Parked(parked) = book().outcome().await else { panic!("it parks") };
    assert_eq!(parked.unsettled().unfinished, ["letter"]);
    parked.resume().await.unwrap();
    assert_eq!((hotels.active(), mail.active()), (2, 2));
}
