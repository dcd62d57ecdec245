// An effect is shared, of whatever type it is; one that is not is said once, whoever uses the saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Ledger {
    lines: std::rc::Rc<Vec<String>>,
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<usize, BookingError> {
        read ledger(billing, trip) -> Ledger {
            let ledger = Ledger { lines: Default::default() };
            billing.rates(trip).await?;
            Ok(ledger)
        }
        step count(ledger) -> usize { Ok(ledger.lines.len()) }
        compensate(ledger) { drop(ledger.lines.clone()); Ok(()) }

        count
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing).await {
        Ok(given) => println!("{}", given + 1),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing).id("a").start();
    let _ = handle.outcome().await.into_result();
    tokio::spawn(async move { drop(Book { trip: trip.clone() }.with(Billing).await) });
}
