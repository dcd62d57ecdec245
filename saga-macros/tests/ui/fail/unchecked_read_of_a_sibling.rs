// Without the check of names, the typestates still prove every read of a sibling.

use typed_saga::saga;

struct Failed;

saga! {
    #[saga(unchecked_reads)]
    saga Trip() -> Result<_, Failed> {
        concurrent {
            read hotel() -> u8 { Ok(1) }
            fallback(car) { Ok(*car) };
            read car() -> u8 { Ok(1) }
        }
    }
}

fn main() {}
