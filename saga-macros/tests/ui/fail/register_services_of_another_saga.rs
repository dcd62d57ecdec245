// A durable saga is registered with its own services.

use typed_saga::{engine::{Engine, Memory}, saga};

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Up(n: u8) -> Result<u8, Failed> {
        read next(n) -> u8 { Ok(n + 1) }

        next
    }

    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Down(n: u8) -> Result<u8, Failed> {
        read next(n) -> u8 { Ok(n - 1) }

        next
    }
}

fn main() {
    let engine = Engine::builder(Memory::new()).register::<Up>(UpServices);
    drop(engine.register::<Up>(DownServices));
}
