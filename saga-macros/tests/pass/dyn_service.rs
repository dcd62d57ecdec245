//! Trait objects as services, called in bodies.

use std::{pin::Pin, sync::Arc};
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

trait Clock: Send + Sync {
    fn now(&self) -> Pin<Box<dyn Future<Output = Result<u64, Failed>> + Send + '_>>;
}

struct Stopped(u64);

impl Clock for Stopped {
    fn now(&self) -> Pin<Box<dyn Future<Output = Result<u64, Failed>> + Send + '_>> {
        Box::pin(async { Ok(self.0) })
    }
}

saga! {
    saga Tell() with (clock: Arc<dyn Clock>, other: Box<dyn Clock>, log: fn(u64)) -> Result<u64, Failed> {
        read now(clock) -> u64 { clock.now().await }
        read later(other, log) -> u64 {
            let later = other.now().await?;
            log(later);
            Ok(later)
        }

        later - now
    }
}

#[tokio::test]
async fn runs() {
    let services = (Arc::new(Stopped(4)), Box::new(Stopped(6)), |later| {
        assert_eq!(later, 6)
    });
    assert_eq!(
        Tell {}
            .with(services.0, services.1, services.2)
            .await
            .unwrap(),
        2
    );
}
