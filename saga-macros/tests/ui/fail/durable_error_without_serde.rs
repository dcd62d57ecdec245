// errors: 2. What a durable saga keeps is serde: its error, be it the program's or a library's.

use typed_saga::saga;

struct BankError;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Print() -> Result<(), BankError> {
        read print() { Ok(()) }

        let _ = print;
    }

    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Write() -> Result<(), std::io::Error> {
        read write() { Ok(()) }

        let _ = write;
    }
}

fn main() {
    drop(Print {}.run());
    drop(Write {}.run());
}
