// `when` is a `bool`.

use typed_saga::saga;

struct Failed;

saga! {
    saga Trip(days: u8) -> Result<(), Failed> {
        #[when(days => days + 1)]
        read one() { Ok(()) }
    }
}

fn main() {}
