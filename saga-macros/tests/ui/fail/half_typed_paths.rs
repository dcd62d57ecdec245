// errors: 7. A path that ends with `::` is one mistake, wherever it is.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book0(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::
            compensate(billing, hold) = Billing::release;
    }
    saga Book1(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, hold) = Billing::;
    }
    saga Book2(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read more(billing, trip) -> domain:: = Billing::rates;
    }
    saga Book3(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step more(billing, trip) = saga domain::
    }
    #[classify(BookingError::)]
    saga Book4(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read more(billing, trip) -> Rates = Billing::rates;
    }
    saga Book5(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[timeout(limits::)]
        read more(billing, trip) -> Rates = Billing::rates;
    }
    saga Book6(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        #[savepoint(3, if = BookingError::)]
        read more(billing, trip) -> Rates = Billing::rates;
    }
}

async fn call(trip: Trip) {
    drop(Book1 { trip }.with(Billing).await);
}

fn main() {}
