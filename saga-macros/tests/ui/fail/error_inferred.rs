// The type of a saga's error is written out.

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) -> Result<(), _> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
