// Only a `durable saga` runs on an engine.

use typed_saga::{engine::{Engine, Memory}, saga};

#[derive(Clone)]
struct Bank;

saga! {
    /// Reads the rate of a currency.
    saga Rate(currency: String) with (bank: Bank) -> Result<u64, ()> {
        read rate(bank, currency) -> u64 { let _ = (bank, currency); Ok(1) }

        rate
    }
}

fn main() {
    let engine = Engine::builder(Memory::new());
    drop(engine.register::<Rate>(RateServices { bank: Bank }));
}
