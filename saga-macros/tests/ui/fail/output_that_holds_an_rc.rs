// The output goes to whoever awaits the saga, on any thread.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Receipt {
    lines: std::rc::Rc<Vec<usize>>,
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Receipt, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        read count(rates) -> usize { let _ = rates; Ok(1) }

        Receipt { lines: vec![count].into() }
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing).await {
        Ok(given) => println!("{}", given.lines.len()),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing).id("a").start();
    let _ = handle.outcome().await.into_result();
    tokio::spawn(async move { drop(Book { trip: trip.clone() }.with(Billing).await) });
}
