// A saga runs on any thread; that it is called does not repeat the error.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::cell::RefCell;

typed_saga::saga! {
    saga Count() -> Result<usize, BookingError> {
        read log() -> RefCell<String> { Ok(RefCell::new(String::new())) }
        read count(log) -> usize { Ok(log.borrow().len()) }

        count
    }
}

async fn call() {
    drop(Count {}.run().await);
}

fn start() {
    drop(Count {}.run().start());
}

fn main() {}
