// So have those whose type is a parameter; it is said where they are given to an engine.

use typed_saga::{saga, runtime::{Durable, Services}};

trait Hotels: Send + Sync + 'static {}

struct Fake;

impl Hotels for Fake {}

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Book<H: Hotels>() with (hotels: H) -> Result<(), Failed> {
        read free(hotels) { let _ = hotels; Ok(()) }
    }
}

fn register<S: Durable>(_: impl Services<S>) {}

fn main() {
    register::<Book>(BookServices { hotels: Fake });
    // A run in memory needs no clone.
    drop(Book {}.with(Fake));
}
