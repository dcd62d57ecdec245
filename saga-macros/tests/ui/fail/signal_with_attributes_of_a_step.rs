// errors: 4. A signal calls nobody, and the saga does not turn there.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<String, ()> {
        #[timeout(1h)]
        #[idempotent]
        #[retry(3)]
        #[savepoint(1)]
        #[late(1s)]
        signal vote -> String;

        vote
    }
}

fn main() {}
