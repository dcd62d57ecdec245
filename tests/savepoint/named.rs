//! The steps that `on(…)` of a savepoint names: only after their failure the saga reruns.

use typed_saga::saga;

use super::{ANSWER, ASKED, asks};
use crate::common::{BUSY, HANG, NO, Trouble, Vendor, panics};

saga! {
    #[classify(Trouble::verdict)]
    saga Part() with (vendor: Vendor) -> Result<(), Trouble> {
        #[timeout(5ms)]
        read inside(vendor) { vendor.undo("inside", "").await }
        {
            let () = inside;
        }
    }

    #[classify(Trouble::verdict)]
    saga Outer() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms, on(from, each, beside))] #[timeout(5ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[timeout(5ms)]
        read own(vendor) { vendor.undo("own", "").await }
        #[timeout(5ms)]
        for n: u32 in (=> [0, 1])
        read each(vendor, n) { let _ = n; vendor.undo("each", "").await }
        step part() = saga Part {} with (vendor);
        concurrent {
            #[timeout(5ms)]
            read lane(vendor) { vendor.undo("lane", "").await }
            #[timeout(5ms)]
            read beside(vendor) { vendor.undo("beside", "").await }
        }
        {
            let _ = (from, own, each, part, lane, beside);
        }
    }

    #[classify(Trouble::verdict)]
    saga Others() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms, on(own, part, lane))] #[timeout(5ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[timeout(5ms)]
        read own(vendor) { vendor.undo("own", "").await }
        #[timeout(5ms)]
        for n: u32 in (=> [0, 1])
        read each(vendor, n) { let _ = n; vendor.undo("each", "").await }
        step part() = saga Part {} with (vendor);
        concurrent {
            #[timeout(5ms)]
            read lane(vendor) { vendor.undo("lane", "").await }
            #[timeout(5ms)]
            read beside(vendor) { vendor.undo("beside", "").await }
        }
        {
            let _ = (from, own, each, part, lane, beside);
        }
    }

    saga Both() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms, on(named), if = asks)]
        read from(vendor) { vendor.undo("from", "").await }
        read other(vendor) { vendor.undo("other", "").await }
        read named(vendor) { vendor.undo("named", "").await }
        {
            let _ = (from, other, named);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_reruns_after_the_failures_that_it_names_however_they_fail() {
    let places = [
        ("from", false),
        ("own", true),
        ("each", false),
        ("inside", true),
        ("lane", true),
        ("beside", false),
    ];
    for (place, is_other) in places {
        for trouble in [NO, BUSY, HANG, panics("no idea")] {
            let vendor = || Vendor::new().on(place, [trouble]);
            let (outer, others) = (vendor(), vendor());
            let ends = [
                Outer {}.with(outer.clone()).await.is_ok(),
                Others {}.with(others.clone()).await.is_ok(),
            ];
            assert_eq!(ends, [!is_other, is_other], "{place}: {trouble:?}");
            let rounds = [outer, others].map(|vendor| vendor.times("from").len());
            let expected = [!is_other, is_other].map(|reruns| 1 + usize::from(reruns));
            assert_eq!(rounds, expected, "{place}: {trouble:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn its_condition_is_asked_only_about_the_failures_that_it_names() {
    for (place, answer) in [
        ("other", true),
        ("named", true),
        ("named", false),
        ("from", true),
    ] {
        ANSWER.set(answer);
        ASKED.take();
        let vendor = Vendor::new().on(place, [NO]);
        let outcome = Both {}.with(vendor).await;
        let is_named = place == "named";
        assert_eq!(outcome.is_ok(), is_named && answer, "{place}");
        assert_eq!(ASKED.take().len(), usize::from(is_named), "{place}");
    }
}
