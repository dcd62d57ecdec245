// errors: 3. A kind that is being typed above a node is one mistake: the node is read.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, cars: Cars) -> Result<(), BookingError> {
        step

        when (trip => trip.wants_car) {
            #[idempotent]
            step car(cars, trip, key) -> Booking = Cars::book
                compensate(cars, car) = Cars::cancel;
        }

        read

        concurrent {
            read rates(billing, trip) -> Rates = Billing::rates;
            read old_rates(billing, trip) -> Rates = Billing::rates;
        }

        read

        for night: u32 in (trip => vec![u32::from(trip.wants_car)])
        read seen(night) -> u32 { Ok(*night) }

        drop((car.is_some(), rates.clone(), old_rates.clone(), seen.len()));
    }
}

async fn call(trip: Trip) {
    drop(Book { trip }.with(Billing, Cars).await);
}

fn main() {}
