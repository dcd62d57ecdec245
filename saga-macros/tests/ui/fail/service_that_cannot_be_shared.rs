// errors: 2. Services are lent to steps on any thread.

use typed_saga::saga;
use std::{cell::Cell, rc::Rc};

struct Failed;

saga! {
    saga Count() with (counter: Cell<u8>, log: Rc<String>) -> Result<(), Failed> {
        read count(counter, log) { let _ = (counter, log); Ok(()) }
    }
}

fn main() {}
