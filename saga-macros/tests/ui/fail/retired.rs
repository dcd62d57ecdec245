// errors: 5. `#[retired]` takes nothing, stands on a step before or after the pivot, and decides alone.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Retired(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[retired(soon)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[retired] #[when(trip => trip.wants_car)]
        #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[retired]
        sleep night(11h);

        #[retired] #[retired]
        #[idempotent]
        step again(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, again) = Hotels::cancel;

        #[retired]
        #[idempotent]
        pivot last(hotels, trip, key) -> Booking = Hotels::book;
    }
}

fn main() {}
