// errors: 2. The time-out of a signal is a duration that is not zero, or `never`.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<(String, String), ()> {
        #[timeout(0s)]
        signal vote -> String;

        #[timeout(forever)]
        signal recount -> String;

        (vote, recount)
    }
}

fn main() {}
