// errors: 5. The other side would take the second item for a repetition of the first.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrips(trip: Trip, nights: Vec<u32>) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read before(billing, trip) -> Rates = Billing::rates;

        read rates(billing, trip) -> Rates = Billing::rates;

        #[idempotent(by = trip)]
        for night: u32 in (nights => nights.clone()) step one(hotels, trip, night) -> Booking {
            let _ = (hotels, trip, night);
            Ok(Booking)
        }
            #[by_key(by = trip)]
            compensate(hotels, trip) = Hotels::cancel_all;

        #[idempotent(by = rates)]
        for night: u32 in (nights => nights.clone()) step two(hotels, rates, night) -> Booking {
            let _ = (hotels, rates, night);
            Ok(Booking)
        }
            compensate(hotels, two) = Hotels::cancel;

        #[savepoint(2)] #[idempotent(by = rates)]
        for night: u32 in (nights => nights.clone()) step three(hotels, rates, night) -> Booking {
            let _ = (hotels, rates, night);
            Ok(Booking)
        }
            compensate(hotels, three) = Hotels::cancel;

        when (nights => !nights.is_empty()) {
            #[idempotent(by = before)]
            for night: u32 in (nights => nights.clone()) step inside(hotels, before, night) -> Booking {
                let _ = (hotels, before, night);
                Ok(Booking)
            }
                compensate(hotels, inside) = Hotels::cancel;
        }

        let _ = (one, two, three, inside);
    }
}

fn main() {}
