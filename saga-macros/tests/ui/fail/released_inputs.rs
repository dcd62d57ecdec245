// errors: 4. Every run was submitted with its inputs: they keep their names and types.

#![allow(unused_variables)]

use typed_saga::saga;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    // The type of one is another; another one has another name, which its compensation reads.
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Hire(order: u64, nights: u64, toward: String) -> Result<u8, Failed> {
        #[idempotent]
        step van(_key) -> u8 { Ok(1) }
        compensate(van, toward) { let _ = (van, toward); Ok(()) }

        van
    }
}

saga! {
    // `days` is gone.
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Lend(order: u64) -> Result<u8, Failed> {
        #[idempotent]
        step bike(_key) -> u8 { Ok(1) }
        compensate(bike) { let _ = bike; Ok(()) }

        bike
    }
}

saga! {
    // `hours` is new.
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Park(order: u64, hours: u32) -> Result<u8, Failed> {
        #[idempotent]
        step car(_key) -> u8 { Ok(1) }
        compensate(car) { let _ = car; Ok(()) }

        car
    }
}

fn main() {}
