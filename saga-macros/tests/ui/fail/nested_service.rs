use typed_saga::saga;

#[derive(Debug)]
struct Error;

saga! {
    saga Hold() with (n: u8) -> Result<u8, Error> {
        step ticket(n) -> u8 { Ok(*n) }
            compensate none

        ticket
    }

    saga Travel(name: u8) -> Result<u8, Error> {
        step held() -> u8 = saga Hold {} with (name);

        held
    }
}

fn main() {}
