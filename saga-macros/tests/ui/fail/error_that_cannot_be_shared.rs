// The error of a saga is reported from any thread, too.

use typed_saga::saga;
use std::rc::Rc;

saga! {
    saga Count() -> Result<(), Rc<u8>> {
        read count() { Err(Rc::new(1)) }
    }
}

fn main() {}
