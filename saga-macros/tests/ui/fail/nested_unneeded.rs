// errors: 3. What a saga as a step does not need.

use typed_saga::saga;

#[derive(Debug)]
struct Error;

saga! {
    saga Hold() -> Result<u8, Error> {
        step ticket() -> u8 { Ok(1) }
            compensate none

        ticket
    }

    saga Travel() -> Result<(), Error> {
        #[idempotent]
        step held(key) -> u8 = saga Hold {}
            resolve() { Ok(None) }
            compensate() { Ok(()) }
    }
}

fn main() {}
