// errors: 1. After the pivot, the saga's `#[retry]` does not reduce the number of attempts.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

#[derive(Clone)]
struct Shop;

impl Shop {
    async fn order(&self, _: &Trip, _: &typed_saga::Key) -> Result<Booking> {
        Ok(Booking)
    }
    async fn cancel(&self, _: &Booking) -> Result<()> {
        Ok(())
    }
}

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(5s)]
    #[retry(3)]
    durable saga BookTrip(trip: Trip) with (shop: Shop) -> Result<(), BookingError> {
        #[idempotent] #[holds(15m, until = ticket)]
        step hold(shop, trip, key) -> Booking = Shop::order
            compensate(shop, hold) = Shop::cancel;
        #[idempotent]
        pivot charge(shop, trip, key) -> Booking = Shop::order;
        #[idempotent]
        step ticket(shop, trip, key) -> Booking = Shop::order;
    }
}

fn main() {}
