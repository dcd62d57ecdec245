// errors: 3. A saga says what it gives, and its error.

typed_saga::saga! {
    saga BookTrip(trip: Trip) with (billing: Billing) {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga AskRates(trip: Trip) with (billing: Billing) -> Rates {
        read rates(billing, trip) -> Rates = Billing::rates;
    }

    saga AskAgain(trip: Trip) with (billing: Billing) -> domain::Result<Rates> {
        read rates(billing, trip) -> Rates = Billing::rates;
    }
}

fn main() {}
