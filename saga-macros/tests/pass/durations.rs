//! Durations as literals with units, and as expressions of type `Duration`.

use std::time::Duration;
use typed_saga::saga;

struct Failed;

fn cap() -> Duration {
    Duration::from_secs(1)
}

saga! {
    #[timeout(1h)]
    saga Durations() -> Result<(), Failed> {
        #[timeout(1.5s)]
        #[retry(2, 10us..cap(),)]
        read one() { Ok(()) }
        #[timeout(Duration::from_millis(3) * 2)]
        #[retry(2, (1.5s)..3m)]
        read two() { Ok(()) }
        #[timeout({ let minutes = 2; Duration::from_secs(60 * minutes) })]
        #[retry(forever, Duration::from_millis(1)..5m)]
        read three() { Ok(()) }
        #[retry(2)]
        read four() { Ok(()) }
        #[retry(2, jitter = false)]
        read five() { Ok(()) }
    }
}

#[tokio::test]
async fn runs() {
    assert!(Durations {}.run().await.is_ok());
}
