// One mistake does not unresolve what uses the saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[derive(Clone, Debug)]
    pub saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<Charge, BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotl) = Hotels::cancel;

        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;

        charge
    }
}

async fn book(trip: Trip) -> Result<Charge> {
    let book = BookTrip { trip }.clone();
    println!("{book:?}: {:?}", BookTrip::DEFINITION);
    match book
        .clone()
        .with(Billing, Hotels)
        .id("trip-1")
        .outcome()
        .await
    {
        typed_saga::Outcome::Completed(charge) => return Ok(charge),
        other => drop(other),
    }
    let charge = book.with(Billing, Hotels).await.map_err(|_| BookingError)?;
    Ok(charge)
}

async fn walk(trip: Trip, services: &BookTripServices) -> Result<Booking> {
    let before_hotel: BookTripBeforeHotel = BookTrip { trip }
        .walk()
        .hold(services)
        .await
        .map_err(|_| BookingError)?;
    let before_charge = before_hotel
        .hotel(services)
        .await
        .map_err(|_| BookingError)?;
    Ok(before_charge.hotel.clone())
}

fn main() {}
