// Each durable saga has services of its own.

use typed_saga::{saga, runtime::{Durable, Services}};

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

fn register<S: Durable>(_: impl Services<S>) {}

fn main() {
    register::<Up>(UpServices);
    register::<Up>(DownServices);
}
