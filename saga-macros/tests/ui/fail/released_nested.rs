// errors: 3. A saga that may have completed as a step can change in nothing, not even at its end.

use typed_saga::saga;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Wrap() -> Result<u8, Failed> {
        #[idempotent]
        step paper(_key) -> u8 { Ok(1) }
        compensate(paper) { let _ = paper; Ok(()) }

        #[idempotent]
        step ribbon(_key) -> u8 { Ok(1) }
        compensate(ribbon) { let _ = ribbon; Ok(()) }

        paper
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Give() -> Result<u8, Failed> {
        step wrapped() -> u8 = saga Wrap {};

        wrapped
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga GiveAll(sizes: Vec<u8>) -> Result<(), Failed> {
        for _size: u8 in (sizes => sizes.clone())
        step each() -> u8 = saga Wrap {};

        let _ = each;
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga GiveSome(size: u8) -> Result<(), Failed> {
        when (size => *size > 1) {
            step inside() -> u8 = saga Wrap {};
        }

        let _ = inside;
    }

    // A step that is introduced is no change.
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Pack() -> Result<u8, Failed> {
        read crate_of() -> u8 { Ok(1) }

        #[introduced]
        read stamp() -> u8 { Ok(1) }

        read label() -> u8 { Ok(1) }

        crate_of + stamp.unwrap_or(0) + label
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Ship() -> Result<u8, Failed> {
        step packed() -> u8 = saga Pack {};

        packed
    }
}

fn main() {}
