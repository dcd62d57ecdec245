// In a walk a signal is given where the saga waits for it.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<u32, ()> {
        read open() -> u32 { Ok(1) }

        #[timeout(1h)]
        signal vote -> u32;

        open + vote
    }
}

fn main() {
    let state = Vote {}.walk();
    state.vote(1);
}
