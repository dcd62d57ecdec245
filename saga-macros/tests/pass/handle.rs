//! A saga in a task of its own, cancelled on its way.

use std::time::Duration;
use typed_saga::{Outcome, runtime::Cancel, saga};

#[derive(Debug)]
struct Failed;

saga! {
    saga Slow(n: u8) -> Result<u8, Failed> {
        step wait(n) -> u8 { tokio::time::sleep(Duration::from_millis(20)).await; Ok(*n) }
        compensate(wait) { assert_eq!(*wait, 7); Ok(()) }
        #[idempotent]
        pivot end(wait, _key) -> u8 { Ok(*wait) }

        end
    }
}

#[tokio::test]
async fn runs() {
    let handle = Slow { n: 7 }.run().id("slow").start();
    assert_eq!(handle.id().as_str(), "slow");
    tokio::task::yield_now().await;
    assert!(matches!(handle.cancel().await, Cancel::Accepted));
    assert!(matches!(handle.outcome().await, Outcome::Compensated(_)));

    let done = Slow { n: 8 }
        .run()
        .deadline(Duration::from_secs(9))
        .start()
        .outcome()
        .await;
    assert!(matches!(done, Outcome::Completed(8)));
}
