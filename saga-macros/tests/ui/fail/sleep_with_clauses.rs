// errors: 2. A sleep has no effect that another value could replace, and nothing to undo.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<(), ()> {
        sleep night(8h)
            fallback() { Ok(()) }

        sleep day(8h)
            compensate none;
    }
}

fn main() {}
