// Inputs are shared, too, of whatever type they are.
#[path = "../domain.rs"]
mod domain;
use domain::*;

struct Paper {
    at: *mut u8,
}

typed_saga::saga! {
    saga Book(trip: Trip, paper: Paper) with (billing: Billing) -> Result<usize, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        read count(rates, paper) -> usize { let _ = rates; Ok(paper.at as usize) }

        count
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone(), paper: Paper { at: std::ptr::null_mut() } }).with(Billing).await {
        Ok(given) => println!("{}", given + 1),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone(), paper: Paper { at: std::ptr::null_mut() } }.with(Billing).id("a").start();
    let _ = handle.outcome().await.into_result();
    tokio::spawn(async move { drop(Book { trip: trip.clone(), paper: Paper { at: std::ptr::null_mut() } }.with(Billing).await) });
}
