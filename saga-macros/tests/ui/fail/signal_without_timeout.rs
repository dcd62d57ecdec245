// A signal says how long the saga waits for it.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<String, ()> {
        signal vote -> String;

        vote
    }
}

fn main() {}
