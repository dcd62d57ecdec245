use super::vendors;

use typed_saga::{Outcome, saga};
use vendors::{Bank, Booking, Hotels, Letter, Mailer, Payment, TripError};

saga! {
    #[classify(TripError::verdict)]
    #[timeout(10s)]
    saga BookTrip(city: String)
    with (hotels: Hotels, bank: Bank, mail: Mailer)
    -> Result<(Payment, Letter), TripError>
    {
        #[idempotent]
        step hotel(hotels, city, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent]
        pivot payment(bank, hotel, key) -> Payment { bank.charge(hotel.price, key).await }

        #[retry(4, 10ms..1s)] #[idempotent]
        step letter(mail, city, key) -> Letter = Mailer::send;

        (payment, letter)
    }
}

pub(super) async fn main() {
    let (hotels, bank, mail) = (Hotels::default(), Bank::default(), Mailer::default());
    let book = || {
        BookTrip { city: "Oslo".to_owned() }.with(hotels.clone(), bank.clone(), mail.clone())
    };

    // If a step before the pivot fails, or the pivot is refused, the saga compensates.
    bank.trouble(TripError::Refused);
    book().await.unwrap_err();
    assert_eq!(hotels.active(), 0);

    // After the pivot nothing is undone. A step that fails is retried …
    mail.trouble(TripError::Busy);
    book().await.unwrap();

    // … and if it cannot succeed, the saga parks for an operator.
    mail.trouble(TripError::Refused);
    let Outcome::Parked(parked) = book().outcome().await else { panic!("it parks") };
    assert_eq!(parked.unsettled().unfinished, ["letter"]);
    parked.resume().await.unwrap();
    assert_eq!((hotels.active(), mail.active()), (2, 2));
}
