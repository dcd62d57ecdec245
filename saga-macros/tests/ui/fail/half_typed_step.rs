// errors: 12. A step that is being typed is one mistake, and costs the next one nothing.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book0(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book1(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book2(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold()

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book3(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key)

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book4(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) ->

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book5(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book6(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold =

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book7(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book8(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book9(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold compensate

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book10(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold compensate(billing, hold)

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
    saga Book11(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold compensate(billing, hold) =

        read more(billing, trip) -> Rates { billing.rates(trip).await }
    }
}

async fn call(trip: Trip) {
    drop(Book1 { trip }.with(Billing).await);
}

fn main() {}
