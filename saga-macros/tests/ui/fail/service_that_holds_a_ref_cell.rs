// Services are shared, too, of whatever type they are.
#[path = "../domain.rs"]
mod domain;
use domain::*;

#[derive(Default)]
struct Cache {
    known: std::cell::RefCell<Vec<String>>,
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, cache: Cache) -> Result<usize, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        read count(rates, cache) -> usize { let _ = rates; Ok(cache.known.borrow().len()) }

        count
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing, Cache::default()).await {
        Ok(given) => println!("{}", given + 1),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing, Cache::default()).id("a").start();
    let _ = handle.outcome().await.into_result();
    tokio::spawn(async move { drop(Book { trip: trip.clone() }.with(Billing, Cache::default()).await) });
}
