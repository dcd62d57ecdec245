// errors: 2. Effects are lent to later steps, on any thread; siblings, too.

use typed_saga::saga;
use std::{cell::Cell, sync::MutexGuard};

struct Failed;

saga! {
    saga Count() -> Result<(), Failed> {
        read counter() -> Cell<u8> { Ok(Cell::new(1)) }
        concurrent {
            read guard(counter) -> MutexGuard<'static, u8> { let _ = counter; Err(Failed) }
            read next(guard) { let _ = guard; Ok(()) }
        }
    }
}

fn main() {}
