// errors: 4. `#[within]` needs a bound of what the pivot takes to settle, known when it is compiled.
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
    async fn find(&self, _: &typed_saga::Key) -> Result<Option<Booking>> {
        Ok(None)
    }
    async fn cancel(&self, _: &Booking) -> Result<()> {
        Ok(())
    }
}

const LONG: std::time::Duration = std::time::Duration::from_secs(20);

typed_saga::saga! {
    #[within(1m)]
    saga WithoutTimeout(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }

    #[classify(BookingError::verdict)]
    #[timeout(10s)]
    #[within(1m)]
    durable saga AskedForEver(trip: Trip) with (shop: Shop) -> Result<(), BookingError> {
        #[late(0s)]
        pivot hotel(shop, trip, key) -> Booking = Shop::order
            resolve(shop, key) = Shop::find;
    }

    #[timeout(10s)]
    #[within(1m)]
    saga TriedForEver(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[retry(forever)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }

    #[within(1m)]
    saga Computed(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[timeout(LONG)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }
}

fn main() {}
