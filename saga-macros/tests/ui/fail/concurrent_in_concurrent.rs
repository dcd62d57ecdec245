// Blocks do not nest: what a sibling reads decides when it starts.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), BookingError> {
        concurrent {
            read rates(billing, trip) -> Rates = Billing::rates;

            concurrent {
                read old_rates(billing, trip) -> Rates = Billing::rates;
                read new_rates(billing, trip) -> Rates = Billing::rates;
            }
        }
    }
}

fn main() {}
