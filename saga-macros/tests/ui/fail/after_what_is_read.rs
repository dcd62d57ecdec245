// errors: 2. A step comes after what it reads: `#[after]` names other steps.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates = Billing::rates;

        #[after(rates)]
        step hold(billing, trip, _rates, key) -> Hold { billing.hold(trip, key).await }
            compensate(billing, hold) = Billing::release;

        #[after(rates, hold)]
        step hotel(hotels, trip, hold, key) -> Booking { let _ = hold; hotels.book(trip, key).await }
            compensate(hotels, hotel) = Hotels::cancel;
    }
}

fn main() {}
