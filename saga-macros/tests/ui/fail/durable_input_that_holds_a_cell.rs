// An engine shares the inputs of a durable saga.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use typed_saga::engine::{Engine, Memory};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Paper {
    at: std::cell::Cell<u8>,
}

typed_saga::saga! {
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    durable saga Book(paper: Paper) -> Result<_, BookingError> {
        read count(paper) -> u8 { Ok(paper.at.get()) }
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder(Memory::new()).register::<Book>(BookServices).start().await?;
    let handle = engine.submit("a", Book { paper: Paper { at: 1.into() } }).await?;
    match handle.outcome().await?.into_result() {
        Ok(effects) => println!("{}", effects.count),
        Err(error) => println!("{error:?}"),
    }
    Ok(())
}
