// A signal has a value.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<(), ()> {
        #[timeout(1h)]
        signal vote;
    }
}

fn main() {}
