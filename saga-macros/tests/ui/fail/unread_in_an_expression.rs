// errors: 5. An expression sees only what its list names.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(trip: Trip, days: Vec<u32>, offset: u32, hours: u64) with (billing: Billing) -> Result<(), BookingError> {
        #[when(trip => trip.wants_car && *offset > 2)]
        read rates(billing, trip) -> Rates = Billing::rates;

        when (trip => trip.wants_car && *offset > 2) {
            read old(billing, trip) -> Rates = Billing::rates;
        }

        for day: u32 in (days => days.iter().map(|day| day + offset).collect::<Vec<_>>())
        read each(billing, trip, day) -> Rates { drop(day); billing.rates(trip).await }

        sleep night(offset => std::time::Duration::from_secs(hours * u64::from(*offset)));

        #[timeout(offset => std::time::Duration::from_secs(hours * u64::from(*offset)))]
        signal go -> u32;

        read last(go, rates, old, each) { let _ = (go, rates, old, each); Ok(()) }
    }
}

fn main() {}
