// errors: 2. An effect may be of the type that says that a step has not happened: that does not
// make it happen.

use typed_saga::{Pending, saga};

#[derive(Debug)]
struct Failed;

saga! {
    saga Both<T: Clone>(mark: T) -> Result<_, Failed> {
        concurrent {
            step one(mark) -> T { Ok(mark.clone()) }
            compensate none;
            step other(mark) -> T { Ok(mark.clone()) }
            compensate none;
        }
    }
}

saga! {
    saga Marks() -> Result<_, Failed> {
        concurrent {
            step one() -> Pending { Ok(Pending) }
            compensate none;
            step other() -> Pending { Ok(Pending) }
            compensate none;
        }
    }
}

fn main() {
    let _ = Both { mark: Pending }.walk().join();
    let _ = Marks {}.walk().join();
}
