// errors: 3. What serves as the key changes with the round: the last one is undone.
#[path = "../domain.rs"]
mod domain;
use domain::*;

saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[retry(3)]
        step first(hotels, trip, key) -> Booking = Hotels::book
            #[by_key(by = trip)]
            compensate(hotels, trip) = Hotels::cancel_all;

        #[savepoint(3)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[idempotent(by = first)]
        step second(hotels, first, rates) -> Booking {
            let _ = (hotels, first, rates);
            Ok(Booking)
        }
            #[by_key(by = trip)]
            compensate(hotels, trip) = Hotels::cancel_all;

        let _ = second;
    }
}

fn main() {}
