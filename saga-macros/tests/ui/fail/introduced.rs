// errors: 7. `#[introduced]` takes nothing, decides alone, and stands in no block and not on the pivot.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Introduced(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[introduced(now)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[introduced] #[when(trip => trip.wants_car)]
        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[introduced] #[retired]
        read more(billing, trip) -> Rates = Billing::rates;

        concurrent {
            #[introduced]
            read one(billing, trip) -> Rates = Billing::rates;

            read two(billing, trip) -> Rates = Billing::rates;
        }

        when (trip => trip.wants_car) {
            #[introduced]
            sleep night(11h);

            read three(billing, trip) -> Rates = Billing::rates;
        }

        #[introduced] #[introduced] #[timeout(never)]
        signal paid -> u32;

        #[introduced]
        #[idempotent]
        pivot last(hotels, trip, key) -> Booking = Hotels::book;
    }
}

fn main() {}
