// errors: 2. A signal has nothing to undo, and nothing to ask for.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<(String, String), ()> {
        #[timeout(1h)]
        signal vote -> String
            compensate none;

        #[timeout(1h)]
        signal recount -> String
            resolve() { Ok(None) }

        (vote, recount)
    }
}

fn main() {}
