// errors: 2. A sleep has no time-out, and is not tried again.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<(), ()> {
        #[timeout(1h)]
        #[retry(3)]
        sleep night(8h);
    }
}

fn main() {}
