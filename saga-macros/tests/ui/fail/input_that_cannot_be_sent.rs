// Inputs go where the saga runs: one that does not is said once, whoever calls it.

use typed_saga::saga;
use std::rc::Rc;

struct Failed;

saga! {
    saga Count(from: Rc<u8>) -> Result<(), Failed> {
        read count(from) { let _ = from; Ok(()) }
    }
}

fn main() {
    let _ = Count { from: Rc::new(1) }.run();
}
