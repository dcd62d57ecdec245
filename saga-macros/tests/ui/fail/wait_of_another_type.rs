// errors: 2. How long something waits is a `Duration` or a `SystemTime`.

use typed_saga::saga;

saga! {
    saga Vote(hours: u32) -> Result<String, ()> {
        sleep dusk(hours => *hours);

        #[timeout(hours => *hours)]
        signal vote -> String;

        vote
    }
}

fn main() {}
