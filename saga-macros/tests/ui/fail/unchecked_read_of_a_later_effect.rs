// Without the check of names, the typestates still prove every read.

use typed_saga::saga;

struct Failed;

saga! {
    #[saga(unchecked_reads)]
    saga Trip() -> Result<_, Failed> {
        step authorization(charge) -> u8 { Ok(*charge) }
        compensate none;
        #[idempotent]
        pivot charge(authorization, _key) -> u8 { Ok(*authorization) }
    }
}

fn main() {}
