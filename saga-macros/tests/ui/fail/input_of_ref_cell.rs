// A saga runs on any thread; that it is called does not repeat the error.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::cell::RefCell;

typed_saga::saga! {
    saga Count(log: RefCell<String>) -> Result<usize, BookingError> {
        read count(log) -> usize { Ok(log.borrow().len()) }

        count
    }
}

async fn call() {
    drop(Count { log: RefCell::new(String::new()) }.run().await);
}

fn start() {
    drop(Count { log: RefCell::new(String::new()) }.run().start());
}

fn main() {}
