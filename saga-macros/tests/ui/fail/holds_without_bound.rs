// errors: 5. Where nothing bounds what stands between, `#[holds]` needs `#[within]`.
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
    saga Inner(trip: Trip) with (shop: Shop) -> Result<Booking, BookingError> {
        #[idempotent]
        step book(shop, trip, key) -> Booking = Shop::order
            compensate(shop, book) = Shop::cancel;
        book
    }

    #[timeout(5s)]
    saga Child(trip: Trip) with (billing: Billing, shop: Shop) -> Result<(), BookingError> {
        #[idempotent] #[holds(15m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        step booked(trip) -> Booking = saga Inner { trip: trip.clone() } with (shop);
        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    saga Loop(trips: Vec<Trip>, trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(15m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        for each: Trip in (trips => trips.clone())
        read rates(billing, each) -> Rates = Billing::rates;
        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    saga Computed(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(15m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        #[timeout(LONG)]
        read rates(billing, trip) -> Rates = Billing::rates;
        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    saga Unlimited(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(15m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;
        #[idempotent]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[classify(BookingError::verdict)]
    #[timeout(5s)]
    durable saga Turning(trip: Trip) with (shop: Shop) -> Result<(), BookingError> {
        #[idempotent] #[holds(15m)]
        step hold(shop, trip, key) -> Booking = Shop::order
            compensate(shop, hold) = Shop::cancel;
        #[idempotent] #[savepoint(3, 1m..5m)]
        step hotel(shop, trip, key) -> Booking = Shop::order
            compensate(shop, hotel) = Shop::cancel;
        #[idempotent]
        pivot charge(shop, trip, key) -> Booking = Shop::order;
    }
}

fn main() {}
