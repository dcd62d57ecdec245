// errors: 2. After the pivot something takes the place of a signal whose time is out, or it is never out.

use typed_saga::{Key, saga};

struct Poll;

impl Poll {
    async fn open(&self, _: &Key) -> Result<(), ()> {
        Ok(())
    }
}

saga! {
    saga Vote() with (poll: Poll) -> Result<(String, String), ()> {
        #[idempotent]
        pivot open(poll, key) = Poll::open;

        #[timeout(1h)]
        signal vote -> String;

        signal recount -> String;

        (vote, recount)
    }
}

fn main() {}
