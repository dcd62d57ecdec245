// errors: 4. A step that cannot be read costs none of the others its check.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels, cars: Cars) -> Result<(), BookingError> {
        step hold(billing, trip, key) -> Hold Billing::hold
            compensate(billing, hold) = Billing::release;

        step hotel(hotels, trip, key) -> Booking = Hotels::book(trip)
            compensate(hotels, hotel) = Hotels::cancel;

        car(cars, trip, key) -> Booking = Cars::book
            compensate(cars, car) = Cars::cancel;

        read rates(billing, trap) -> Rates = Billing::rates;

        #[idempotent]
        pivot charge(billing, hold, hotel, car, key) -> Charge { billing.capture(hold, key).await }
    }
}

fn main() {}
