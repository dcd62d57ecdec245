// errors: 5. `#[never_without]` names steps that have happened when the step starts.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[never_without(charge)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;

        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(charge, trip, huld)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    saga Twice(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(hold, hold)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
