// errors: 2. A service that cannot be shared is one mistake, even where each run needs a clone of it.

use typed_saga::saga;
use std::{cell::RefCell, rc::Rc};

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Count() with (log: RefCell<String>, name: Rc<str>) -> Result<(), Failed> {
        read count(log, name) { let _ = (log, name); Ok(()) }
    }
}

fn main() {
    let log = RefCell::new(String::new());
    let services = CountServices { log, name: "n".into() };
    drop(services.clone());
}
