// errors: 3. A condition calls nobody: what it looks at was read before.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (hotels: Hotels, cars: Cars, billing: Billing) -> Result<(), BookingError> {
        #[when(billing, trip => billing.rates(trip).await.is_ok())] #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        when (billing, trip => billing.rates(trip).await.is_ok()) {
            #[idempotent]
            step car(cars, trip, key) -> Booking = Cars::book
                compensate(cars, car) = Cars::cancel;
        }

        for rates: Rates in (billing, trip => vec![billing.rates(trip).await?])
        read seen(rates) -> Rates { Ok(rates.clone()) }

        read both(hotel, car) { drop((hotel.is_some(), car.is_some())); Ok(()) }
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Hotels, Cars, Billing).await);
}

fn main() {}
