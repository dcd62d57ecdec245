// Nor does a step that could not be read.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(Hold, Booking), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step hotel -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        step second(hotels, trip, hotel, key) -> Booking { hotels.book(trip, key).await }
            compensate(hotels, second) = Hotels::cancel;

        (hold, hotel)
    }
}

async fn book(trip: Trip) -> Result<(Hold, Booking)> {
    BookTrip { trip }
        .with(Billing, Hotels)
        .await
        .map_err(|_| BookingError)
}

async fn walk(trip: Trip, services: &BookTripServices) -> Result<Booking> {
    let before_hotel = BookTrip { trip }
        .walk()
        .hold(services)
        .await
        .map_err(|_| BookingError)?;
    let before_second = before_hotel
        .hotel(services)
        .await
        .map_err(|_| BookingError)?;
    Ok(before_second.hotel.clone())
}

fn main() {}
