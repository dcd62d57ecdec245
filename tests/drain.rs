//! Waiting for the sagas of a process that ends. (Alone in its process: what is waited for is all
//! of it.)

use std::{convert::Infallible, time::Duration};

use saga::{drain, saga};
use tokio::time::{sleep, timeout};

saga! {
    saga Slow() -> Result<u32, Infallible> {
        step slow() -> u32 { sleep(Duration::from_secs(1)).await; Ok(1) }
            compensate none;
        slow
    }
}

#[tokio::test(start_paused = true)]
async fn drain_waits_for_sagas_that_were_dropped_or_started() {
    let mut dropped = Box::pin(Slow {}.run().outcome());
    assert!(
        timeout(Duration::from_millis(1), &mut dropped)
            .await
            .is_err()
    );
    drop(dropped);
    let started = Slow {}.run().start();
    assert_eq!(
        drain(Duration::from_millis(10)).await,
        ["Slow", "Slow"],
        "what is left"
    );
    assert_eq!(drain(Duration::from_secs(10)).await, [""; 0]);
    assert!(started.is_finished());
}
