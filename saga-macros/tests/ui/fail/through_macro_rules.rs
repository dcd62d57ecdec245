// errors: 3. A mistake is reported where it was written, also behind a macro.
#[path = "../domain.rs"]
mod domain;
use domain::*;

macro_rules! ask_twice {
    ($saga:ident, $first:ident, $second:ident, $limit:literal, $effect:ty) => {
        typed_saga::saga! {
            saga $saga(trip: Trip) with (billing: Billing) -> Result<$effect, BookingError> {
                #[timeout($limit)]
                read $first(billing, trip) -> $effect = Billing::rates;

                read $second(billing, trip, last) -> $effect { billing.rates(trip).await }

                $second
            }
        }
    };
}

ask_twice!(AskRates, rates, rates, 10sec, Rates);

fn main() {}
