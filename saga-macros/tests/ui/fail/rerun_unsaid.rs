// errors: 4. What remains says what a rerun does about it: by itself, in a block, under a condition, in a loop.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip, legs: Vec<u32>) with (billing: Billing, hotels: Hotels) -> Result<(), Failed> {
        step before(billing) = Billing::note
            compensate none;

        #[savepoint(3)]
        read rates(billing, trip) -> Rates = Billing::rates;

        step mail(billing, rates) -> u32 { let _ = rates; billing.tell().await }
            compensate none;

        concurrent {
            step beside(billing) = Billing::note
                compensate none;
            read other(billing, trip) -> Rates = Billing::rates;
        }

        when (trip => trip.wants_car) {
            step inside(billing) = Billing::note
                compensate none;
        }

        for leg: u32 in (legs => legs.clone())
        step each(hotels, leg) { let _ = (hotels, leg); Ok(()) }
            compensate none

        // Nothing after it fails.
        step last(billing) = Billing::note
            compensate none;

        let _ = (before, mail, beside, other, inside, each, last);
    }
}

pub struct Failed;

impl From<BookingError> for Failed {
    fn from(_: BookingError) -> Self {
        Self
    }
}

impl Billing {
    async fn note(&self) -> Result<()> {
        Ok(())
    }
    async fn tell(&self) -> std::result::Result<u32, Failed> {
        Ok(1)
    }
}

fn main() {}
