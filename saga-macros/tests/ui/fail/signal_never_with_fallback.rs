// Nothing takes the place of a signal that is waited for for ever.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<String, ()> {
        #[timeout(never)]
        signal vote -> String
            fallback() { Ok(String::new()) }

        vote
    }
}

fn main() {}
