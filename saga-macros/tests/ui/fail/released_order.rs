// errors: 7. The runs of a version that was released may be anywhere in it: steps are added at the end.

use typed_saga::saga;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Journey() -> Result<_, Failed> {
        #[idempotent]
        step hotel(_key) -> u8 { Ok(1) }
        compensate(hotel) { let _ = hotel; Ok(()) }

        #[idempotent]
        step insurance(_key) -> u8 { Ok(1) }
        compensate(insurance) { let _ = insurance; Ok(()) }

        #[idempotent]
        pivot payment(_key) { Ok(()) }

        #[idempotent]
        step mail(_key) { Ok(()) }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga RentVan() -> Result<_, Failed> {
        #[idempotent]
        step van(_key) -> u8 { Ok(1) }
        compensate(van) { let _ = van; Ok(()) }

        #[idempotent]
        pivot payment(_key) { Ok(()) }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Stay() -> Result<_, Failed> {
        #[idempotent]
        step room(_key) -> u8 { Ok(1) }
        compensate(room) { let _ = room; Ok(()) }

        #[idempotent]
        pivot payment(_key) { Ok(()) }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Ride() -> Result<_, Failed> {
        read map() -> u8 { Ok(1) }

        read car() -> u8 { Ok(1) }

        read fuel() -> u8 { Ok(1) }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Fly() -> Result<_, Failed> {
        concurrent {
            read seat() -> u8 { Ok(1) }

            read meal() -> u8 { Ok(1) }

            read bag() -> u8 { Ok(1) }
        }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Sail() -> Result<_, Failed> {
        read wind() -> u8 { Ok(1) }

        when (wind => *wind > 2) {
            read reef() -> u8 { Ok(1) }

            read tide() -> u8 { Ok(1) }

            read course() -> u8 { Ok(1) }
        }
    }

    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Torn() -> Result<_, Failed> {
        read all() -> u8 { Ok(1) }
    }
}

fn main() {}
