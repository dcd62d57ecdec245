// A signal reads nothing; its time-out may.

use typed_saga::saga;

saga! {
    saga Vote(limit: std::time::Duration) -> Result<String, ()> {
        #[timeout(1h)]
        signal vote(limit) -> String;

        vote
    }
}

fn main() {}
