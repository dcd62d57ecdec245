// errors: 3. `undo_key` names the call that undoes a step.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        #[when(undo_key => undo_key.is_even())]
        read rates(billing, trip) -> Rates = Billing::rates;

        step hotel(hotels, trip, undo_key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        finally(undo_key) { log(undo_key) }
    }
}

fn main() {}
