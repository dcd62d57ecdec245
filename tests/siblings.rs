//! Siblings that finish in every order, one of them in trouble, beside one that waits an hour.

use std::time::Duration;

use crate::common::{BUSY, HANG, MUTE, NO, Trouble, UNHEARD, UNSENT, Vendor, YES, panics};
use tokio::time::Instant;
use typed_saga::saga;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    saga Four() with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            step a(vendor, key) -> u32 { vendor.order("a", key).await }
                #[by_key]
                compensate(vendor, key) { vendor.cancel("undo a", key).await }
            step b(vendor, key) -> u32 { vendor.order("b", key).await }
                resolve(vendor, key) { vendor.find("find b", key).await }
                compensate(vendor, key) { vendor.cancel("undo b", key).await }
            #[idempotent]
            step c(vendor, key) -> u32 { vendor.order("c", key).await }
                compensate(vendor, key) { vendor.cancel("undo c", key).await }
            #[idempotent] #[retry(forever, 1h..1h, jitter = false)]
            step patient(vendor, key) -> u32 { vendor.order("patient", key).await }
                compensate(vendor, key) { vendor.cancel("undo patient", key).await }
        }
    }
}

const SIBLINGS: [&str; 3] = ["a", "b", "c"];

/// The moments at which three siblings answer, in every order.
const ORDERS: [[u64; 3]; 6] = [
    [10, 20, 30],
    [10, 30, 20],
    [20, 10, 30],
    [20, 30, 10],
    [30, 10, 20],
    [30, 20, 10],
];

#[tokio::test(start_paused = true)]
async fn in_every_order_beside_one_that_waits_an_hour() {
    for order in ORDERS {
        for (failing, name) in SIBLINGS.into_iter().enumerate() {
            for trouble in [
                NO,
                BUSY,
                panics("oh"),
                panics("oh").done(),
                UNHEARD,
                UNSENT,
                HANG,
                MUTE,
            ] {
                let mut vendor = Vendor::new().on("patient", [BUSY]);
                for (at, sibling) in SIBLINGS.into_iter().enumerate() {
                    let answer = if at == failing { trouble } else { YES };
                    vendor = vendor.on(sibling, [answer.after(order[at])]);
                }
                let (since, context) = (Instant::now(), format!("{order:?}, {name}: {trouble:?}"));
                let result = Four {}.with(vendor.clone()).await;
                let (calls, holds) = (vendor.trace(), vendor.holds());
                match &result {
                    // It was settled, and the patient one was tried again in its time.
                    Ok(_) => {
                        assert!(since.elapsed() >= Duration::from_secs(3600), "{context}");
                        assert_eq!(holds.len(), 4, "{context}");
                    }
                    Err(error) => {
                        assert!(
                            since.elapsed() < Duration::from_secs(1),
                            "{context}: it waited"
                        );
                        assert!(error.is_clean() && holds.is_empty(), "{context}: {holds:?}");
                        assert_eq!(error.step(), Some(name), "{context}");
                        let also: Vec<_> =
                            error.also().iter().map(typed_saga::Failure::step).collect();
                        assert!(
                            also.contains(&Some("patient")),
                            "{context}: it was cut short"
                        );
                        let tried = calls.iter().filter(|call| *call == "patient").count();
                        assert_eq!(
                            tried, 1,
                            "{context}: no attempt starts after the first failure"
                        );
                    }
                }
                for sibling in SIBLINGS {
                    let answered = calls.contains(&format!("{sibling} answers"));
                    assert!(
                        answered || sibling == name,
                        "{context}: {sibling} was not awaited"
                    );
                }
            }
        }
    }
}
