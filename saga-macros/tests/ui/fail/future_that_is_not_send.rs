// A saga runs on any thread: nothing that stays on one lives across an `.await` of a step.

use typed_saga::saga;
use std::rc::Rc;

struct Failed;

async fn wait() {}

saga! {
    saga Wait() -> Result<(), Failed> {
        read wait() {
            let here = Rc::new(1);
            wait().await;
            drop(here);
            Ok(())
        }
    }
}

fn main() {
    drop(Wait {}.run());
}
