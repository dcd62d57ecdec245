//! A cancel while a step is in doubt: what settles the doubt decides whether a request that never arrived is
//! sent again.

use super::millis;
use crate::common::{Trouble, UNSENT, Vendor};
use tokio::time::sleep;
use typed_saga::{Cause, runtime::Cancel, saga};

saga! {
    #[classify(Trouble::verdict)]
    saga Repeats() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent] #[retry(5, 10s..10s, jitter = false)]
        step charge(vendor, key) -> u32 { vendor.order("charge", key).await }
            compensate(vendor, key) { vendor.cancel("refund", key).await }

        charge
    }
}

saga! {
    #[classify(Trouble::verdict)]
    saga Asks() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent] #[late(100ms)] #[retry(5, 10s..10s, jitter = false)]
        step charge(vendor, key) -> u32 { vendor.order("charge", key).await }
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate(vendor, key) { vendor.cancel("refund", key).await }

        charge
    }
}

/// Cancels a saga whose charge was not sent, and says what the vendor was asked.
macro_rules! cancelled {
    ($saga:ident) => {{
        let vendor = Vendor::new().on("charge", [UNSENT]);
        let handle = $saga {}.with(vendor.clone()).start();
        sleep(millis(30)).await;
        assert_eq!(handle.cancel().await, Cancel::Accepted);
        let error = handle.await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Cancelled), "{error}");
        assert!(error.is_clean() && vendor.holds().is_empty());
        vendor.line()
    }};
}

#[tokio::test(start_paused = true)]
async fn what_is_settled_by_its_key_alone_is_done_and_undone() {
    assert_eq!(cancelled!(Repeats), "charge, charge, refund");
}

#[tokio::test(start_paused = true)]
async fn what_can_be_asked_for_is_not_sent_again() {
    assert_eq!(cancelled!(Asks), "charge, find");
}
