// An effect is owned: later steps, and the output, get it when the step is over.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Greet(name: String) -> Result<usize, BookingError> {
        read first(name) -> &str { Ok(name.split(' ').next().unwrap_or("")) }

        first.len()
    }
}

async fn call() {
    drop(Greet { name: "Ada Lovelace".to_owned() }.run().await);
}

fn main() {}
