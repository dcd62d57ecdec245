// errors: 4. What a misspelt word means is a guess, by which nothing is compiled.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (hotels: Hotels, cars: Cars, billing: Billing) -> Result<Booking, BookingError> {
        #[retries(3)] #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            rollback(hotels, hotel) = Hotels::cancel;

        #[whn(trip => trip.wants_car)] #[idempotent]
        step car(cars, trip, key) -> Booking = Cars::book
            compensate(cars, car) = Cars::cancel;

        read both(hotel, car) -> bool { let _ = hotel.clone(); Ok(car.is_some()) }

        whem (both => *both) {
            read rates(billing, trip) -> Rates = Billing::rates;
        }

        drop(rates.is_some());
        hotel
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Hotels, Cars, Billing).await);
}

fn main() {}
