// errors: 7. What may be applied when a rerun begins says `again`: by itself, beside the step that fails, in a block, in a loop.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga BookTrip(trip: Trip, legs: Vec<u32>) with (billing: Billing, hotels: Hotels) -> Result<(), BookingError> {
        step before(billing) = Billing::note
            compensate none;

        #[savepoint(3)]
        read rates(billing, trip) -> Rates = Billing::rates;

        step mail(billing, rates) -> u32 { let _ = rates; billing.tell().await }
            compensate none;

        step free(billing) = Billing::note
            compensate none;

        step right(billing) = Billing::note
            compensate none again;

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

        read checked(billing, mail) { let _ = mail; billing.note().await }

        // Nothing after it fails.
        step last(billing) = Billing::note
            compensate none;

        let _ = (before, free, right, beside, other, inside, each, checked, last);
    }

    // Another item fails, and `on` names the savepoint that a failure of `paid` leads to.
    #[classify(BookingError::verdict)]
    saga Bill(legs: Vec<u32>) with (billing: Billing) -> Result<(), BookingError> {
        #[savepoint(3, on(each))]
        read rates() -> u32 { Ok(1) }

        #[idempotent]
        for leg: u32 in (legs => legs.clone())
        step each(billing, leg, key) { let _ = leg; billing.pay(key).await }
            compensate none

        #[savepoint(3)]
        read more() -> u32 { Ok(1) }

        #[idempotent]
        step told(billing, key) = Billing::pay
            compensate none;

        #[idempotent]
        pivot paid(billing, key) = Billing::pay;

        let _ = (rates, more, each, told, paid);
    }
}

impl Billing {
    async fn note(&self) -> Result<()> {
        Ok(())
    }
    async fn pay(&self, _: &typed_saga::Key) -> Result<()> {
        Ok(())
    }
    async fn tell(&self) -> Result<u32> {
        Ok(1)
    }
}

fn main() {}
