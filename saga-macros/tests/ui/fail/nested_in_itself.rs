use typed_saga::saga;

#[derive(Debug)]
struct Error;

saga! {
    saga Hold() -> Result<u8, Error> {
        step held() -> u8 = saga Hold {};

        held
    }
}

fn main() {}
