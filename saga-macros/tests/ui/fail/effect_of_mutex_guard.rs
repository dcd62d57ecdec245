// An effect lives across steps, on any thread; a guard does not.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::sync::{Mutex, MutexGuard};

typed_saga::saga! {
    saga Count() with (log: Mutex<String>) -> Result<usize, BookingError> {
        read guard(log) -> MutexGuard<'static, String> { todo!() }
        step count(guard) -> usize { Ok(guard.len()) }
            compensate none

        count
    }
}

async fn call() {
    drop(Count {}.with(Mutex::default()).await);
}

fn main() {}
