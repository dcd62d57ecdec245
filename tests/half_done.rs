//! Steps of which some happened: `Verdict::Partial`.

use crate::common::{BUSY, HALF, NO, Trouble, UNHEARD, Vendor};
use typed_saga::{Completeness, Outcome, runtime::Left, saga};

saga! {
    #[classify(Trouble::verdict)]
    saga Keyed() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[retry(2, 1ms..1ms)]
        step lines(vendor, key) -> u32 { vendor.order("lines", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("undo lines", key).await }

        lines
    }

    #[classify(Trouble::verdict)]
    saga Repeated() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        step lines(vendor, key) -> u32 { vendor.order("lines", key).await }
            resolve(vendor, key) { vendor.find("find lines", key).await }
            compensate(vendor, lines, key) { let _ = lines; vendor.cancel("undo lines", key).await }

        lines
    }

    #[classify(Trouble::verdict)]
    saga Lasting() with (vendor: Vendor) -> Result<(), Trouble> {
        #[idempotent] #[retry(1)]
        step lines(vendor, key) { vendor.order("lines", key).await.map(drop) }
            compensate none
    }

    #[classify(Trouble::verdict)]
    saga Asked() with (vendor: Vendor) -> Result<u32, Trouble> {
        step paper(vendor, key) -> u32 { vendor.order("paper", key).await }
            resolve(vendor, key) { vendor.find("find paper", key).await }
            compensate(vendor, paper, key) { let _ = paper; vendor.cancel("undo paper", key).await }

        step lines(vendor, key) -> u32 { vendor.order("lines", key).await }
            resolve(vendor, key) { vendor.find("find lines", key).await }
            compensate(vendor, lines, key) { let _ = lines; vendor.cancel("undo lines", key).await }

        paper + lines
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_undone_by_its_compensation_and_tried_again() {
    let vendor = Vendor::new().on("lines", [HALF]);
    let lines = Keyed {}.with(vendor.clone()).await;
    assert_eq!(lines.unwrap(), 3);
    assert_eq!(vendor.line(), "lines, undo lines, lines");

    let vendor = Vendor::new().on("lines", [HALF, NO]);
    let error = Keyed {}.with(vendor.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert!(vendor.holds().is_empty());
}

/// What is refused later does not take it back, nor is anybody asked.
#[tokio::test(start_paused = true)]
async fn a_repetition_finishes_it() {
    let vendor = Vendor::new().on("lines", [HALF, UNHEARD, BUSY]);
    let lines = Repeated {}.with(vendor.clone()).await;
    assert_eq!(lines.unwrap(), 1);
    assert_eq!(vendor.line(), "lines, lines, lines, lines");
}

#[tokio::test(start_paused = true)]
async fn what_may_stay_is_listed_for_certain() {
    let vendor = Vendor::new().on("lines", [HALF]);
    let error = Lasting {}.with(vendor).await.unwrap_err();
    let Completeness::Compensated { left } = error.completeness() else {
        panic!("{error:?}")
    };
    let left: Vec<_> = left.iter().map(|left| (&*left.step, left.how)).collect();
    assert_eq!(left, [("lines", Left::Certain)]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_finishes_or_undoes_is_unsettled() {
    let vendor = Vendor::new().on("lines", [HALF]);
    let mut outcome = Asked {}.with(vendor.clone()).outcome().await;
    for _ in 0..2 {
        let Outcome::Parked(parked) = outcome else {
            panic!("some of it stands")
        };
        assert_eq!(parked.unsettled().in_doubt, ["lines"]);
        outcome = parked.resume().outcome().await;
    }
    assert_eq!(vendor.line(), "paper, lines, undo paper");
}
