// errors: 2. The loop is over the same list in the next round.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrips(trip: Trip, nights: Vec<u32>) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        read before(billing, trip) -> Rates = Billing::rates;

        #[savepoint(2)]
        read rates(billing, trip) -> Rates = Billing::rates;

        #[idempotent(by = night)]
        for night: u32 in (nights => nights.clone()) step one(hotels, night) -> Booking {
            let _ = (hotels, night);
            Ok(Booking)
        }
            compensate(hotels, one) = Hotels::cancel;

        #[idempotent(by = night)]
        for night: u32 in (nights, before => { let _ = before; nights.clone() }) step two(hotels, night) -> Booking {
            let _ = (hotels, night);
            Ok(Booking)
        }
            compensate(hotels, two) = Hotels::cancel;

        #[idempotent(by = night)]
        for night: u32 in (nights, rates => { let _ = rates; nights.clone() }) step anew(hotels, night) -> Booking {
            let _ = (hotels, night);
            Ok(Booking)
        }
            compensate(hotels, anew) = Hotels::cancel;

        let _ = (one, two, anew);
    }
}

fn main() {}
