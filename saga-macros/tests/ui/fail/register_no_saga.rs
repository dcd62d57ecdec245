// What is registered is a saga, named by the struct of its inputs.

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
}

struct Number;

fn main() {
    let engine = Engine::builder(Memory::new());
    drop(engine.register::<Number>(UpServices));
}
