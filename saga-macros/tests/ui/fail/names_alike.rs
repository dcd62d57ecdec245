// errors: 4. Keys and records know sagas and steps by name: two of one call cannot share it.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[name = "booking"]
    saga Book(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[name = "rates"]
        read one(billing, trip) -> Rates = Billing::rates;
        #[name = "rates"]
        read two(billing, trip) -> Rates = Billing::rates;
        #[name = "rates"]
        read three(billing, trip) -> Rates = Billing::rates;
    }

    #[name = "booking"]
    saga BookAgain(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    #[name = "booking"]
    saga BookMore(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
