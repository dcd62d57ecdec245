// What follows a pivot that has to be moved may come before it then.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(10s)]
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels, cars: Cars) -> Result<Booking, BookingError> {
        concurrent {
            read rates(billing, trip) -> Rates = Billing::rates;

            #[idempotent]
            pivot charge(billing, trip, key) -> Hold = Billing::hold;
        }

        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent]
        step car(cars, trip, key) -> Booking = Cars::book
            compensate(cars, car) = Cars::cancel;

        drop((rates, charge, car));
        hotel
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Hotels, Cars).await);
}

fn main() {}
