// A block gives a `Result`.

use typed_saga::saga;

struct Rates;
struct Failed;

saga! {
    saga Trip() -> Result<Rates, Failed> {
        read rates() -> Rates { Rates }

        rates
    }
}

fn main() {}
