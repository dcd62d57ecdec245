// Only a `durable saga` can be submitted; nothing that follows is a second error.

use typed_saga::{engine::{DurableOutcome, Engine, EngineError}, saga};

saga! {
    saga Square(side: u64) -> Result<u64, ()> {
        read area(side) -> u64 { Ok(side * side) }

        area
    }
}

async fn call(engine: Engine) -> Result<u64, EngineError> {
    let handle = engine.submit("square-1", Square { side: 7 }).await?;
    match handle.outcome().await? {
        DurableOutcome::Completed(area) => Ok(area),
        _ => Ok(0),
    }
}

fn main() {}
