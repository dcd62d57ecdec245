// errors: 4. Called again under its old key, a step asks for what it asked for before.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels, mailer: Mailer) -> Result<(), BookingError> {
        #[idempotent]
        step account(billing, trip, key) -> Hold = Billing::hold
            compensate(billing, account) = Billing::release;

        #[savepoint(3)] #[idempotent]
        step hotel(hotels, trip, key) -> Booking = Hotels::book
            compensate(hotels, hotel) = Hotels::cancel;

        #[idempotent]
        step mail(mailer, trip, hotel, key) { let _ = hotel; mailer.confirm(trip, key).await }
            compensate none

        #[idempotent]
        step told(mailer, trip, ctx) { mailer.confirm(trip, &ctx.key()).await }
            compensate none

        // What it reads is called again alike.
        #[idempotent]
        step charge(billing, account, key) -> Charge = Billing::capture
            compensate none;

        #[idempotent]
        step note(mailer, trip, charge, key) -> Booking { let _ = charge; mailer.confirm(trip, key).await?; Ok(Booking) }
            compensate none

        when (charge => matches!(charge, Charge)) {
            #[late(1s)]
            step found(hotels, trip, key) -> Booking = Hotels::book
                resolve(hotels, key) = Hotels::find
                compensate none;

            #[idempotent]
            step again(mailer, trip, found, key) { let _ = found; mailer.confirm(trip, key).await }
                compensate none
        }

        // In doubt, the last one is called again, too.
        #[idempotent]
        step last(mailer, trip, hotel, key) { let _ = hotel; mailer.confirm(trip, key).await }
            compensate none

        let _ = (mail, told, note, again, last);
    }
}

fn main() {}
