//! Waiting for the sagas of a process that ends: all of them.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::ALONE;
use tokio::time::{sleep, timeout};
use typed_saga::{drain, saga};

saga! {
    saga Slow() -> Result<u32, Infallible> {
        step slow() -> u32 { sleep(Duration::from_secs(1)).await; Ok(1) }
            compensate none;
        slow
    }
}

#[tokio::test(start_paused = true)]
async fn drain_waits_for_sagas_that_were_dropped_or_started() {
    let _alone = ALONE.lock().await;
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

static SAID: AtomicU32 = AtomicU32::new(0);

saga! {
    saga Says(fails: bool) -> Result<u32, &'static str> {
        step quick(fails) -> u32 { if *fails { Err("no") } else { Ok(1) } }
            compensate none

        finally() { sleep(Duration::from_secs(30)).await; SAID.fetch_add(1, Ordering::SeqCst); }

        quick
    }
}

#[tokio::test(start_paused = true)]
async fn a02_drain_waits_for_finally() {
    let _alone = ALONE.lock().await;
    for (fails, says) in [(false, 1), (true, 2)] {
        assert_eq!(Says { fails }.run().await.is_err(), fails);
        assert_eq!(
            drain(Duration::from_secs(10)).await,
            ["Says"],
            "what is left"
        );
        assert_eq!(drain(Duration::from_secs(60)).await, [""; 0]);
        assert_eq!(SAID.load(Ordering::SeqCst), says);
    }
}
