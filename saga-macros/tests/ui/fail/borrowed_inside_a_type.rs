// A reference within a type borrows as well.
#[path = "../domain.rs"]
mod domain;
use domain::*;

typed_saga::saga! {
    saga Greet(names: Vec<&str>) -> Result<usize, BookingError> {
        read count(names) -> usize { Ok(names.len()) }

        count
    }
}

async fn call() {
    drop(Greet { names: vec!["Ada"] }.run().await);
}

fn main() {}
