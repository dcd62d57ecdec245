// A saga owns its inputs: it has no lifetimes, declared or not.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Book(note: &'a str) -> Result<usize, BookingError> {
        read length(note) -> usize { Ok(note.len()) }

        length
    }
}

async fn call() {
    drop(Book { note: "a" }.run().await);
}

fn main() {}
