// errors: 2. What a durable saga keeps is read back: its error, too.

use typed_saga::saga;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Print(bytes: &'static [u8]) -> Result<(), &'static str> {
        read print(bytes) { let _ = bytes; Ok(()) }

        let _ = print;
    }
}

fn main() {
    drop(Print { bytes: b"page" }.run());
}
