// One mistake does not unresolve what gives a durable saga to an engine.
#[path = "../domain.rs"]
mod domain;
use domain::*;

use typed_saga::runtime::{Durable, Machine, Services};

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(10s)]
    durable saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<_, BookingError> {
        #[idempotent]
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::release;

        #[idempotent]
        step hotel(hotels, trip, hld, key) -> Booking { hotels.book(trip, key).await }
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn register<S: Durable>(services: impl Services<S>, saga: S) -> (S::Output, S::Snapshot) {
    println!("{:?}: {:?}", S::DEFINITION, S::INPUT.encode(&saga));
    drop(services.give(saga));
    unreachable!()
}

fn book(trip: Trip) -> (Hold, Option<Booking>) {
    let services = BookTripServices {
        billing: Billing,
        hotels: Hotels,
    };
    let (effects, snapshot) = register(services.clone(), BookTrip { trip });
    let _ = <<BookTripServices as Services<BookTrip>>::Machine as Machine>::DEFINITION;
    (effects.hold, snapshot.hotel)
}

fn main() {}
