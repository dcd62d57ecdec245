// errors: 11. The same for the last step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book0(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold
    }
    saga Book1(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold()
    }
    saga Book2(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key)
    }
    saga Book3(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) ->
    }
    saga Book4(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold
    }
    saga Book5(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold =
    }
    saga Book6(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::
    }
    saga Book7(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold
    }
    saga Book8(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold compensate
    }
    saga Book9(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold compensate(billing, hold)
    }
    saga Book10(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold = Billing::hold compensate(billing, hold) =
    }
}

async fn call(trip: Trip) {
    drop(Book1 { trip }.with(Billing).await);
}

fn main() {}
