// errors: 1. A sibling that is not awaited may not have happened when the step starts.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        concurrent {
            #[idempotent]
            step hold(billing, trip, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;

            #[never_without(hold)]
            step hotel(hotels, trip, key) -> Booking = Hotels::book
                #[by_key]
                compensate(hotels, key) = Hotels::annul;
        }
    }
}

fn main() {}
