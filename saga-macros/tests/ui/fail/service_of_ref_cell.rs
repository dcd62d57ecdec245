// A saga runs on any thread; that it is called does not repeat the error.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::cell::RefCell;

typed_saga::saga! {
    saga Count() with (log: RefCell<String>) -> Result<usize, BookingError> {
        read count(log) -> usize { Ok(log.borrow().len()) }

        count
    }
}

async fn call() {
    drop(Count {}.with(RefCell::new(String::new())).await);
}

fn start() {
    drop(Count {}.with(RefCell::new(String::new())).start());
}

fn main() {}
