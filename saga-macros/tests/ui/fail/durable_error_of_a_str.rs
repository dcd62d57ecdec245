// What a durable saga keeps is read back: its error, too.

use saga::saga;

saga! {
    #[classify(saga::transient)]
    #[timeout(1s)]
    durable saga Print() -> Result<(), &'static str> {
        read print() { Ok(()) }

        let _ = print;
    }
}

fn main() {
    drop(Print {}.run());
}
