// A path of a trait does not take the `Arc` around its object: a block does.

use typed_saga::saga;
use std::{pin::Pin, sync::Arc};

struct Failed;

trait Clock: Send + Sync {
    fn now(&self) -> Pin<Box<dyn Future<Output = Result<u64, Failed>> + Send + '_>>;
}

saga! {
    saga Tell() with (clock: Arc<dyn Clock>) -> Result<u64, Failed> {
        read now(clock) -> u64 = Clock::now;

        now
    }
}

fn main() {}
