//! Savepoints on a read and on a step; what was read again is used.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

static STOCK: AtomicU8 = AtomicU8::new(0);

saga! {
    saga Order() -> Result<u8, Failed> {
        #[savepoint(3, 1us..2us)]
        read stock() -> u8 { Ok(STOCK.fetch_add(1, Relaxed)) }
        #[savepoint(1, 1us..2us, jitter = false)]
        step order(stock) -> u8 { if *stock < 2 { Err(Failed) } else { Ok(*stock) } }
        compensate(order) { let _ = order; Ok(()) }

        order
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Order {}.run().await.unwrap(), 2);
}
