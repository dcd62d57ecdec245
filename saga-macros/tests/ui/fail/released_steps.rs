// errors: 6. What a step is, and what it is under, stays as the runs of a released version know it.

use typed_saga::saga;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Failed;

#[derive(Serialize, Deserialize)]
struct Pass;

saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Visit(guests: Vec<u8>) -> Result<_, Failed> {
        #[idempotent]
        step hours(_key) -> u8 { Ok(1) }
        compensate none;

        read ticket() -> Pass { Ok(Pass) }

        read guide() -> u8 { Ok(1) }

        for guest: u16 in (guests => guests.iter().map(|guest| u16::from(*guest)).collect::<Vec<_>>())
        read badge(guest) -> u8 { let _ = guest; Ok(1) }

        read lunch() -> u8 { Ok(1) }

        read coffee() -> u8 { Ok(1) }

        when (guests => guests.is_empty()) {
            read taxi() -> u8 { Ok(1) }

            read train() -> u8 { Ok(1) }

            read photo() -> u8 { Ok(1) }
        }
    }
}

fn main() {}
