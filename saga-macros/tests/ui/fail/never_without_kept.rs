// errors: 3. When a step cannot be undone, it keeps the steps that its code reads, and `#[after]`.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga NotRead(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(hold)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;
    }

    saga ThroughASkippedStep(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[after(hold)] #[when(trip => trip.wants_car)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent] #[after(hotel)] #[never_without(hold)]
        step other(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, other) = Hotels::cancel;
    }

    saga InItsFallback(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent] #[never_without(hold)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel
            fallback(hold) { let _ = hold; Ok(Booking) }
    }
}

fn main() {}
