use typed_saga::saga;
use std::time::Duration;

#[derive(Debug)]
struct Error;

saga! {
    saga Approve() -> Result<bool, Error> {
        #[timeout(Duration::from_secs(60))]
        signal approved -> bool;

        approved
    }

    saga Buy() -> Result<bool, Error> {
        step approved() -> bool = saga Approve {};

        approved
    }
}

fn main() {}
