// errors: 5. `#[within]` takes one literal duration.
#![allow(unused_variables)]

#[path = "../domain.rs"]
mod domain;
use domain::*;

const LONG: std::time::Duration = std::time::Duration::from_secs(20);

typed_saga::saga! {
    #[within(LONG)]
    saga Computed(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    #[within(0s)]
    saga AtOnce(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    #[within(1m, 2m)]
    saga Twice(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga OfAStep(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[within(1m)]
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    #[within(5 m)]
    saga Apart(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
