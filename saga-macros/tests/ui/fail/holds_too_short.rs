// errors: 6. What `#[holds]` names is applied before the hold lapses.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[timeout(20s)]
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[retry(1)] #[holds(1m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;

        #[idempotent] #[retry(3, 1s..4s)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    saga Turning(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[retry(1)] #[holds(30s)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[savepoint(3, 1s..1s)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;

        #[idempotent] #[retry(1)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(5s)]
    #[within(1m)]
    saga Behind(trip: Trip) with (billing: Billing, mailer: Mailer) -> Result<(), BookingError> {
        #[idempotent] #[holds(1m, until = mail)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        sleep night(11h);

        #[idempotent] #[retry(1)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;

        #[idempotent] #[retry(2, 1s..4s)]
        step mail(mailer, trip, key) = Mailer::confirm;
    }

    #[timeout(5s)]
    saga Napping(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[retry(1)] #[holds(15m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        sleep nap(20m);

        #[idempotent] #[retry(2)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }

    #[timeout(20s)]
    #[within(5m)]
    saga Asking(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[idempotent] #[holds(4m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[timeout(never)]
        signal approval -> bool;

        #[idempotent] #[retry(3)]
        pivot charge(billing, hold, approval, key) -> Charge {
            let _ = approval;
            billing.capture(hold, key).await
        }
    }

    #[timeout(20s)]
    #[within(2m)]
    saga Trying(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[idempotent] #[retry(2, 1s..1s)] #[holds(1m)]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[retry(4, 1s..1s)]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            #[by_key]
            compensate(hotels, key) = Hotels::annul;

        #[idempotent] #[retry(1)]
        pivot charge(billing, hold, key) -> Charge = Billing::capture;
    }
}

fn main() {}
