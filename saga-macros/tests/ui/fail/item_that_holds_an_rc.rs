// The items of a loop are shared, too, of whatever type they are.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Line {
    text: std::rc::Rc<str>,
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<Vec<usize>, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        for line: Line in (rates => { let _ = rates; [Line { text: "a".into() }] })
        read count(line) -> usize { Ok(line.text.len()) }

        count
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing).await {
        Ok(given) => println!("{}", given.len()),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing).id("a").start();
    let _ = handle.outcome().await.into_result();
    tokio::spawn(async move { drop(Book { trip: trip.clone() }.with(Billing).await) });
}
