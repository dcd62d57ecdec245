//! One step and nothing else: no inputs, no services, no effect, no tail.

use typed_saga::saga;

struct Failed;

saga! {
    saga Ping() -> Result<(), Failed> {
        step ping() {
            Ok(())
        }
        compensate none;
    }
}

#[tokio::test]
async fn runs() {
    assert!(Ping {}.run().await.is_ok());
}
