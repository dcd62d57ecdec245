// errors: 3. What is undone with an earlier step stands until that is undone.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Late(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step record(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, record) = Hotels::cancel;

        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(hold)]
        step charge(billing, hold, key) -> Charge = Billing::capture
            compensate with record;
    }

    saga NotKept(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        step record(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, record) = Hotels::cancel;

        #[idempotent] #[never_without(hold)]
        step charge(billing, hold, key) -> Charge = Billing::capture
            compensate with record;
    }

    saga AlreadyReads(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step record(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, record) = Hotels::cancel;

        #[idempotent] #[after(record)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(hold)]
        step charge(billing, hold, key) -> Charge = Billing::capture
            compensate with record;
    }
}

fn main() {}
