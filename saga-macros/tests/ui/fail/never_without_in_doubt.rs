// After a panic it stays unknown whether a step happened that has neither `resolve` nor a key.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[after(hold)] #[never_without(hold)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
