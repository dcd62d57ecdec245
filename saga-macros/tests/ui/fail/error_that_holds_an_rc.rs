// The error of a saga is shared, too, of whatever type it is.
#[path = "../domain.rs"]
mod domain;
use domain::*;

#[derive(Debug, Default)]
struct Failed {
    why: std::rc::Rc<str>,
}

impl From<BookingError> for Failed {
    fn from(_: BookingError) -> Self {
        Self::default()
    }
}

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing) -> Result<usize, Failed> {
        read rates(billing, trip) -> Rates = Billing::rates;
        read count(rates) -> usize { let _ = rates; Err(Failed { why: "no".into() }) }

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
