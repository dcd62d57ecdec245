// What a durable saga is read with owns what it holds.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use typed_saga::engine::{Engine, Memory};

impl Clone for Billing {
    fn clone(&self) -> Self { Self }
}

impl Clone for Hotels {
    fn clone(&self) -> Self { Self }
}

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    durable saga Book(trip: Trip, name: &'static str) with (billing: Billing, hotels: Hotels) -> Result<Booking, BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        step booking(hotels, trip, rates, key) -> Booking { let _ = rates; hotels.book(trip, key).await }
            compensate(hotels, booking) = Hotels::cancel;

        booking
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let services = BookServices { billing: Billing, hotels: Hotels };
    let engine = Engine::builder(Memory::new()).register::<Book>(services).start().await?;
    let handle = engine.submit("a", Book { trip: Trip { wants_car: true }, name: "Ada" }).await?;
    match handle.outcome().await?.into_result() {
        Ok(_) => println!("booked"),
        Err(error) => println!("{error:?}"),
    }
    Ok(())
}
