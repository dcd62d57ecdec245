// The struct of the services has each of them, as rustc says.

use typed_saga::{engine::{Engine, Memory}, saga};

#[derive(Clone)]
struct Bank;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Rate(currency: String) with (bank: Bank) -> Result<u64, Failed> {
        read rate(bank, currency) -> u64 { let _ = (bank, currency); Ok(1) }

        rate
    }
}

fn main() {
    let engine = Engine::builder(Memory::new());
    drop(engine.register::<Rate>(RateServices {}));
}
