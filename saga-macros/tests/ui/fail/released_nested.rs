// A saga that may have completed as a step can change in nothing, not even at its end.

use saga::saga;

struct Failed;

saga! {
    #[classify(saga::transient)] #[timeout(1s)]
    durable saga Wrap() -> Result<u8, Failed> {
        #[idempotent]
        step paper(_key) -> u8 { Ok(1) }
        compensate(paper) { let _ = paper; Ok(()) }

        #[idempotent]
        step ribbon(_key) -> u8 { Ok(1) }
        compensate(ribbon) { let _ = ribbon; Ok(()) }

        paper
    }

    #[classify(saga::transient)] #[timeout(1s)]
    durable saga Give() -> Result<u8, Failed> {
        step wrapped() -> u8 = saga Wrap {};

        wrapped
    }
}

fn main() {}
