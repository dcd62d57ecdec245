// What steps read and nothing declares is one mistake, if there is no `with (…)`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) -> Result<Booking, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        step booking(hotels, trip, rates, key) -> Booking { let _ = rates; hotels.book(trip, key).await }
            compensate(hotels, booking) = Hotels::cancel;
        step mail(mailer, booking) { let _ = (mailer, booking); Ok(()) }
            compensate none

        booking
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip }).with(Billing, Hotels, Mailer).await {
        Ok(_) => println!("booked"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
