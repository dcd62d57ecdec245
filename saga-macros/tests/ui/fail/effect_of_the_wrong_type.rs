// The value of a block has the type after `->`.

use typed_saga::saga;

struct Rates;
struct Failed;

saga! {
    saga Trip(days: u64) -> Result<Rates, Failed> {
        read rates(days) -> Rates { days.checked_add(1).ok_or(Failed) }

        rates
    }
}

fn main() {}
