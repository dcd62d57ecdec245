//! Steps side by side, which know nothing of each other.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Both(a: u8, b: u8) -> Result<u8, Failed> {
        concurrent {
            step left(a) -> u8 { tokio::task::yield_now().await; Ok(*a) }
            compensate(left) { let _ = left; Ok(()) }

            read right(b) -> u8 { Ok(*b) }
        }

        left + right
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Both { a: 1, b: 2 }.run().await.unwrap(), 3);
}
