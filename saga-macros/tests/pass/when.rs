//! A step behind a condition: optional to all who read it, plain to its own compensation.

use std::sync::atomic::{AtomicU8, Ordering};
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

static UNDONE: AtomicU8 = AtomicU8::new(0);

saga! {
    saga Maybe(n: u8) -> Result<Option<u8>, Failed> {
        read limit() -> u8 { Ok(3) }
        #[when(n, limit => n < limit)]
        step small(n) -> u8 { Ok(*n) }
        compensate(small) { UNDONE.fetch_add(*small, Ordering::Relaxed); Ok(()) }

        #[when(small => { let small: &Option<u8> = small; small.is_some() })]
        #[idempotent]
        pivot last(small, _key) {
            match small {
                Some(1) => Err(Failed),
                Some(_) => Ok(()),
                None => unreachable!("`when` has said no"),
            }
        }

        small
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Maybe { n: 5 }.run().await.unwrap(), None);
    assert_eq!(Maybe { n: 2 }.run().await.unwrap(), Some(2));
    assert!(Maybe { n: 1 }.run().await.is_err());
    assert_eq!(UNDONE.load(Ordering::Relaxed), 1);
}
