// What siblings read is shared, too, and so is what the saga gives as `_`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Ledger {
    lines: std::cell::RefCell<Vec<String>>,
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<_, BookingError> {
        concurrent {
            read ledger() -> Ledger { Ok(Ledger { lines: Default::default() }) }
            read rates(billing, trip) -> Rates = Billing::rates;
        }
        read count(ledger, rates) -> usize { let _ = rates; Ok(ledger.lines.borrow().len()) }
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing).await {
        Ok(given) => println!("{}", given.count + given.ledger.lines.borrow().len()),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing).id("a").start();
    let _ = handle.outcome().await.into_result();
    tokio::spawn(async move { drop(Book { trip: trip.clone() }.with(Billing).await) });
}
