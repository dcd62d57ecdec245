use typed_saga::saga;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Error;

saga! {
    saga Hold() -> Result<u8, Error> {
        step ticket() -> u8 { Ok(1) }
            compensate none

        ticket
    }

    #[classify(typed_saga::transient)]
    #[timeout(5s)]
    durable saga Travel() -> Result<u8, Error> {
        step held() -> u8 = saga Hold {};

        held
    }
}

fn main() {}
