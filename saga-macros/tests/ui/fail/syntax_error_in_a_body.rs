// errors: 2. A body that does not parse is reported by rustc; other steps are checked all the same.

use typed_saga::saga;

struct Failed;

saga! {
    saga Trip(days: u8) -> Result<(), Failed> {
        read half(days) -> u8 { Ok(days +) }
        read wrong(days) -> u8 { missing(days) }
        read later(half, wrong) { let _ = (half, wrong); Ok(()) }
    }
}

fn main() {}
