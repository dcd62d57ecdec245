// The output goes to whoever awaits the saga.

use typed_saga::saga;
use std::rc::Rc;

struct Failed;

saga! {
    saga Count() -> Result<Rc<u8>, Failed> {
        read count() -> u8 { Ok(1) }

        Rc::new(count)
    }
}

fn main() {}
