// errors: 2. How long something waits is made of what there is when it begins.

use typed_saga::saga;
use std::time::Duration;

saga! {
    saga Vote() -> Result<Duration, ()> {
        sleep night(hours => *hours);

        #[timeout(vote => *vote)]
        signal vote -> Duration;

        read hours() -> Duration { Ok(Duration::ZERO) }

        hours + vote
    }
}

fn main() {}
