// errors: 3. The name of steps in several arms is nobody else's, in code and in journals.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        when (trip => trip.wants_car) {
            #[name = "car_rates"]
            read rates(billing, trip) -> Rates = Billing::rates;
            #[name = "car_charge"]
            read charge() -> Charge { Ok(Charge) }
            sleep pause(1s);
        } else {
            #[name = "all_rates"]
            read rates(billing, trip) -> Rates = Billing::rates;
            #[name = "all_charge"]
            read charge() -> Charge { Ok(Charge) }
            sleep pause(2s);
        }

        read rates(billing, trip) -> Rates = Billing::rates;

        #[name = "charge"]
        read paid(charge) -> Charge { Ok(charge.clone()) }

        { let _ = paid; }
    }
}

fn main() {}
