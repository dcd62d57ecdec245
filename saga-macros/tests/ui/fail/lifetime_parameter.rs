// A saga owns its inputs.

typed_saga::saga! {
    saga BookTrip<'a>(trip: &'a Trip) with (billing: Billing) -> Result<(), BookingError> {
        read rates(billing, trip) -> Rates { billing.rates(trip).await }
    }
}

fn main() {}
