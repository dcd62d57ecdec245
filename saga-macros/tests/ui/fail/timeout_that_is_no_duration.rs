// errors: 2. An expression as a duration has the type `Duration`.

use typed_saga::saga;

struct Failed;

saga! {
    saga Trip() -> Result<(), Failed> {
        #[timeout(SECONDS)]
        read one() { Ok(()) }
        #[retry(2, seconds()..2s)]
        read two() { Ok(()) }
    }
}

const SECONDS: u64 = 30;

fn seconds() -> u64 {
    1
}

fn main() {}
