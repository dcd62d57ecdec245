// A saga runs on any thread; that it is called does not repeat the error.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::rc::Rc;

typed_saga::saga! {
    saga Count(log: Rc<String>) -> Result<usize, BookingError> {
        read count(log) -> usize { Ok(log.len()) }

        count
    }
}

async fn call() {
    drop(Count { log: Rc::new(String::new()) }.run().await);
}

fn start() {
    drop(Count { log: Rc::new(String::new()) }.run().start());
}

fn main() {}
