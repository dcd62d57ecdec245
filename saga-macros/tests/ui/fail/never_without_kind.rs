// errors: 6. `#[never_without]` stands on a step or the pivot, and names steps, loops or the pivot.
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

typed_saga::saga! {
    saga Inner(trip: Trip) with (shop: Shop) -> Result<Booking, BookingError> {
        #[idempotent]
        step book(shop, trip, key) -> Booking = Shop::order
            compensate(shop, book) = Shop::cancel;
        book
    }

    saga Names(trip: Trip) with (billing: Billing, hotels: Hotels, shop: Shop) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
        sleep night(11h);
        step hold(trip) -> Booking = saga Inner { trip: trip.clone() } with (shop);

        #[idempotent] #[never_without(rates, night, hold)]
        step hotel(hotels, trip, hold, key) -> Booking { let _ = hold; hotels.book(trip, key).await }
            compensate(hotels, hotel) = Hotels::cancel;

        #[never_without(hotel)]
        step again(trip) -> Booking = saga Inner { trip: trip.clone() } with (shop);
    }

    saga Stands(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[never_without(hotel)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[never_without(hotel)]
        sleep night(11h);
    }
}

fn main() {}
