// Only a `durable saga` can be given to an engine.

use typed_saga::{saga, runtime::Durable};

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    saga Count(n: u8) -> Result<u8, Failed> {
        read next(n) -> u8 { Ok(n + 1) }

        next
    }
}

fn submit(_: impl Durable) {}

fn main() {
    submit(Count { n: 1 });
}
