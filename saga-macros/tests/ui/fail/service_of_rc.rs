// A saga runs on any thread; that it is called does not repeat the error.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::rc::Rc;

typed_saga::saga! {
    saga Count() with (log: Rc<String>) -> Result<usize, BookingError> {
        read count(log) -> usize { Ok(log.len()) }

        count
    }
}

async fn call() {
    drop(Count {}.with(Rc::new(String::new())).await);
}

fn start() {
    drop(Count {}.with(Rc::new(String::new())).start());
}

fn main() {}
