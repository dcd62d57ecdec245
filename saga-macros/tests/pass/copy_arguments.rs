//! Arguments by value, where a path does not fit.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

async fn add(a: u8, b: u8) -> Result<u8, Failed> {
    a.checked_add(b).ok_or(Failed)
}

saga! {
    saga Add(a: u8, b: u8) -> Result<u8, Failed> {
        read sum(a, b) -> u8 { add(*a, *b).await }
        read more(sum, a) -> u8 { add(*sum, *a).await }

        more
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Add { a: 1, b: 2 }.run().await.unwrap(), 4);
}
