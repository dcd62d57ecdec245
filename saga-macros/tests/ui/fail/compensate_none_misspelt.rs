// errors: 4. The word after `compensate none`.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(trip: Trip) with (mailer: Mailer) -> Result<(), BookingError> {
        #[idempotent]
        step a(mailer, trip, key) = Mailer::confirm
            compensate none once;

        #[idempotent]
        step b(mailer, trip, key) = Mailer::confirm
            compensate none agian

        #[idempotent]
        step c(mailer, trip, key) = Mailer::confirm
            compensate none twice;

        let _ = (a, b, c);
    }

    #[classify(BookingError::verdict)]
    saga Mail(trip: Trip) with (mailer: Mailer) -> Result<(), BookingError> {
        #[idempotent]
        step mail(mailer, trip, key) = Mailer::confirm
            compensate none agan
    }
}

fn main() {}
