// errors: 2. Not every run has a step that was introduced, or is retired.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[retired]
        step old(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, old) = Hotels::cancel;

        #[idempotent] #[introduced]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent] #[never_without(old, hotel)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }
}

fn main() {}
