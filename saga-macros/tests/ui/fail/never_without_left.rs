// errors: 2. What says `compensate none` keeps nothing, whatever it reads or comes after.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(hold)]
        step charge(billing, hold, key) -> Charge = Billing::capture
            compensate none;

        #[idempotent] #[after(hold)] #[never_without(hold)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate none;
    }
}

fn main() {}
