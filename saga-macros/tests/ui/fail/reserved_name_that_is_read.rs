// A reserved name is reported where it is declared, not where it is read.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(failure: Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, failure) -> Rates { billing.rates(failure).await }
        read more(billing, failure) -> Rates { billing.rates(failure).await }
        finally(failure) { drop(failure.clone()) }
    }
}

async fn call(failure: Trip) {
    drop(Book { failure }.with(Billing).await);
}

fn main() {}
