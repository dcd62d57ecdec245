// The error goes to another thread, too.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<Booking, Box<dyn std::error::Error>> {
        read rates(billing, trip) -> Rates { let _ = (billing, trip); Ok(Rates) }
        #[idempotent]
        step booking(hotels, trip, rates, key) -> Booking { let _ = (hotels, trip, rates, key); Ok(Booking) }
            compensate(hotels, booking) { let _ = (hotels, booking); Ok(()) }

        booking
    }
}

#[tokio::main]
async fn main() {
    let trip = Trip { wants_car: true };
    match (Book { trip: trip.clone() }).with(Billing, Hotels).await {
        Ok(_) => println!("booked"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = Book { trip: trip.clone() }.with(Billing, Hotels).id("a").start();
    let _ = handle.outcome().await.into_result();
}
