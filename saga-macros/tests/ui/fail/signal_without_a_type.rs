// A signal has a value.

use saga::saga;

saga! {
    saga Vote() -> Result<(), ()> {
        #[timeout(1h)]
        signal vote;
    }
}

fn main() {}
