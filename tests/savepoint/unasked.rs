//! At a deadline, and when the saga around it rolls back, a saga does not rerun: neither `on(…)` nor `if`
//! is looked at.

use std::time::Duration;
use typed_saga::{Cause, saga};

use super::{ANSWER, ASKED, asks};
use crate::common::{Answer, HANG, NO, Trouble, Vendor, YES};

saga! {
    saga Inner() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(3, 1ms..1ms, on(slow), if = asks)]
        step made(vendor) { vendor.undo("made", "").await }
            compensate(vendor) { vendor.undo("unmade", "").await }
        #[timeout(9ms)]
        read slow(vendor) { vendor.undo("slow", "").await }
        {
            let _ = (made, slow);
        }
    }

    saga Outer() with (vendor: Vendor) -> Result<(), Trouble> {
        concurrent {
            step inner() = saga Inner {} with (vendor);
            read sibling(vendor) { vendor.undo("sibling", "").await }
        }
        read last(vendor) { vendor.undo("last", "").await }
        {
            let _ = (inner, sibling, last);
        }
    }

    saga Timed() with (vendor: Vendor) -> Result<(), Trouble> {
        #[timeout(3ms)]
        step inner() = saga Inner {} with (vendor);
        {
            let () = inner;
        }
    }
}

/// How the call that the savepoint names ends after 3 ms, if at all.
const SLOW: [Answer; 3] = [HANG, NO.after(5), YES.after(5)];

/// Nobody was asked, and what was made was made once, and undone.
#[track_caller]
fn is_undone(vendor: &Vendor) {
    assert_eq!(ASKED.take(), [""; 0]);
    let calls = ["made", "unmade"].map(|call| vendor.times(call).len());
    assert_eq!(calls, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn its_failure_alone_is_asked_about() {
    ANSWER.set(true);
    for slow in [HANG, NO.after(5)] {
        ASKED.take();
        let vendor = Vendor::new().on("slow", [slow]);
        Inner {}.with(vendor.clone()).await.unwrap();
        assert_eq!(ASKED.take().len(), 1);
        assert_eq!(vendor.times("made").len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn at_a_deadline_it_is_not_asked() {
    ANSWER.set(true);
    ASKED.take();
    for slow in SLOW {
        let vendor = Vendor::new().on("slow", [slow]);
        let run = Inner {}.with(vendor.clone());
        let error = run.deadline(Duration::from_millis(3)).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::DeadlineExceeded), "{error}");
        is_undone(&vendor);

        let vendor = Vendor::new().on("slow", [slow]);
        let error = Timed {}.with(vendor.clone()).await.unwrap_err();
        assert!(error.is_clean(), "{error}");
        is_undone(&vendor);
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_saga_around_it_rolls_back_it_is_not_asked() {
    ANSWER.set(true);
    ASKED.take();
    let vendors = SLOW.map(|slow| {
        Vendor::new()
            .on("slow", [slow])
            .on("sibling", [NO.after(3)])
    });
    let completed = Vendor::new().on("last", [NO]);
    for vendor in vendors.into_iter().chain([completed]) {
        let error = Outer {}.with(vendor.clone()).await.unwrap_err();
        assert!(matches!(error.step(), Some("sibling" | "last")), "{error}");
        is_undone(&vendor);
    }
}
