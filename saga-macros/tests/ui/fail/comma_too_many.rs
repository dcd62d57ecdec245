// A comma that no name follows.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<Booking, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        step booking(hotels,, trip, rates, key) -> Booking { let _ = rates; hotels.book(trip, key).await }
            compensate(hotels, booking) = Hotels::cancel;

        booking
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing, Hotels).await {
        Ok(_) => println!("booked"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing, Hotels).id("a").start();
    let _ = handle.outcome().await.into_result();
}
