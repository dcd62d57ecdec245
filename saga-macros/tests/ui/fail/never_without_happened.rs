// errors: 5. What `#[never_without]` names neither falls back nor is skipped.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga FallsBack(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent]
        step hotel(hotels, trip, key) -> Option<Booking> {
            hotels.book(trip, key).await.map(Some)
        }
            compensate(hotels, trip) = Hotels::cancel_all
            fallback() { Ok(None) }

        #[idempotent] #[never_without(hotel)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }

    saga Skipped(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[when(trip => trip.wants_car)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent] #[never_without(hotel)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }

    saga Block(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            #[idempotent]
            step hotel(hotels, trip, key) -> Booking = Hotels::book
                compensate(hotels, hotel) = Hotels::cancel;
        }

        #[idempotent] #[never_without(hotel)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }

    saga SkippedPivot(trip: Trip) with (billing: Billing, mailer: Mailer) -> Result<(), BookingError> {
        #[idempotent] #[when(trip => trip.wants_car)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;

        #[idempotent] #[never_without(hold)]
        step mail(mailer, trip, key) = Mailer::confirm;
    }

    saga Items(trips: Vec<Trip>, trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[when(each => each.wants_car)]
        for each: Trip in (trips => trips.clone())
        step hotel(hotels, each, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent] #[never_without(hotel)]
        pivot hold(billing, trip, key) -> Hold = Billing::hold;
    }
}

fn main() {}
