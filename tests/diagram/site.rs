//! In place of what the trip saga of the example talks to: nothing of it is run here.

#[path = "../../examples/trip/limits.rs"]
pub(crate) mod limits;

pub(crate) mod domain {
    use serde::{Deserialize, Serialize};
    use std::time::Duration;

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub(crate) struct Trip {
        pub(crate) legs: Vec<Leg>,
        pub(crate) consent_within: Duration,
    }

    impl Trip {
        pub(crate) fn wants_car(&self) -> bool {
            let Self {
                legs: _,
                consent_within: _,
            } = self;
            true
        }
    }

    macro_rules! effects {
        ($($name:ident)*) => { $(
            #[derive(Clone, Debug, Serialize, Deserialize)]
            pub(crate) struct $name;
        )* };
    }

    effects!(Rates Authorization Booking Charge Consent Leg MessageId);

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub(crate) struct Receipt {
        pub(crate) rates: Rates,
        pub(crate) charge: Charge,
        pub(crate) hotel: Booking,
        pub(crate) car: Option<Booking>,
        pub(crate) seats: Vec<Booking>,
        pub(crate) confirmation: MessageId,
    }
}

pub(crate) mod error {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct BookingError;

    impl BookingError {
        pub(crate) fn verdict(&self) -> typed_saga::Verdict {
            let Self = self;
            typed_saga::Verdict::Unknown
        }
    }

    pub(crate) fn may_pass(_: &typed_saga::Failure<BookingError>) -> bool {
        true
    }
}

pub(crate) mod event {
    use super::{
        domain::{Charge, Trip},
        error::BookingError,
    };
    use serde::{Deserialize, Serialize};
    use typed_saga::Failure;

    #[derive(Serialize, Deserialize)]
    pub(crate) struct TripEvent;

    impl TripEvent {
        pub(crate) fn booked(_: &Trip, _: &Charge) -> Self {
            Self
        }

        pub(crate) fn failed(_: &Trip, _: &Failure<BookingError>) -> Self {
            Self
        }
    }
}

pub(crate) mod clients {
    use super::{
        domain::{Authorization, Booking, Charge, Consent, Leg, MessageId, Rates, Trip},
        error::BookingError,
        event::TripEvent,
    };
    use std::future::{Ready, ready};
    use typed_saga::Key;

    type Answer<T> = Ready<Result<T, BookingError>>;

    macro_rules! clients {
        ($($client:ident { $($call:ident($($read:ty),*) -> $effect:ty;)* })*) => { $(
            #[derive(Clone, Debug)]
            pub(crate) struct $client;

            impl $client {
                $(pub(crate) fn $call(&self, $(_: $read),*) -> Answer<$effect> {
                    let Self = self;
                    ready(Err(BookingError))
                })*
            }
        )* };
    }

    clients! {
        Quotes { fetch(&Trip) -> Rates; last_known(&Trip) -> Rates; }
        Billing {
            authorize(&Trip, &Rates, &Key) -> Authorization;
            release(&Authorization) -> ();
            capture(&Consent, &Key) -> Charge;
        }
        Hotels { book(&Trip, &Key) -> Booking; cancel(&Key) -> (); }
        Cars { book(&Trip, &Key) -> Booking; find(&Key) -> Option<Booking>; cancel(&Booking) -> (); }
        Flights { book(&Trip, &Leg, &Key) -> Booking; cancel(&Booking) -> (); }
        Mailer { send_confirmation(&Trip, &Charge, &Booking, Option<&Booking>, &[Booking], &Key) -> MessageId; }
        Listener { tell(&TripEvent, &Key) -> (); }
    }
}
