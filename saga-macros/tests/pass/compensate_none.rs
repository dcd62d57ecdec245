//! What may be left standing is listed when the saga goes back.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Mail(to: String) -> Result<(), Failed> {
        step mail(to) { assert_eq!(to, "me"); Ok(()) } compensate none;
        step order() { Err(Failed) } compensate none
    }
}

#[tokio::test]
async fn runs() {
    let error = Mail { to: "me".into() }.run().await.unwrap_err();
    assert!(!error.is_clean());
    assert_eq!(error.step(), Some("order"));
}
