//! `concurrent` blocks: who starts when, what a failing sibling does to the others, and the way
//! back through a block.

use crate::common::{BUSY, MUTE, NO, Trouble, UNHEARD, Vendor, YES, panics};
use tokio::time::Instant;
use typed_saga::{
    Cause, Completeness, Outcome,
    runtime::{CallKind, Left, LeftStep},
    saga,
};

saga! {
    saga Trio() with (vendor: Vendor) -> Result<_, Trouble> {
        step before(vendor) { vendor.undo("before", "").await }
            compensate(vendor) { vendor.undo("undo before", "").await }
        concurrent {
            step a(vendor) -> u32 { vendor.call("a").await }
                compensate(vendor, a) { vendor.undo("undo a", a).await }
            step b(vendor) -> u32 { vendor.call("b").await }
                compensate(vendor, b) { vendor.undo("undo b", b).await }
            step c(vendor) -> u32 { vendor.call("c").await }
                compensate(vendor, c, failure) {
                    vendor.undo("undo c", format!("{c} since {failure}")).await
                }
        }
        read after(vendor, a, b, c) { vendor.undo("after", format!("{a} {b} {c}")).await }
    }
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Every way in which three siblings may take 0, 10 or 20 milliseconds.
fn delays() -> impl Iterator<Item = [u64; 3]> {
    (0..27).map(|n| [n % 3 * 10, n / 3 % 3 * 10, n / 9 * 10])
}

fn answering(delays: [u64; 3]) -> Vendor {
    let pairs = NAMES.into_iter().zip(delays);
    pairs.fold(Vendor::new(), |vendor, (name, delay)| {
        vendor.on(name, [YES.after(delay)])
    })
}

/// The answers that take time, in the order in which they come; those of one moment in order of
/// declaration.
fn answers(delays: [u64; 3]) -> Vec<String> {
    let mut late: Vec<_> = delays
        .into_iter()
        .zip(NAMES)
        .filter(|(delay, _)| *delay > 0)
        .collect();
    late.sort_by_key(|(delay, _)| *delay);
    late.into_iter()
        .map(|(_, name)| format!("{name} answers"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn siblings_start_in_order_and_may_finish_in_any() {
    for delays in delays() {
        let vendor = answering(delays);
        let since = Instant::now();
        let effects = Trio {}.with(vendor.clone()).await.unwrap();
        assert_eq!((effects.a, effects.b, effects.c), (2, 3, 4));
        assert_eq!(
            since.elapsed().as_millis(),
            u128::from(*delays.iter().max().unwrap())
        );
        let expected = [
            strings(&["before", "a", "b", "c"]),
            answers(delays),
            strings(&["after 2 3 4"]),
        ]
        .concat();
        assert_eq!(vendor.trace(), expected, "{delays:?}");
    }
}

fn strings(entries: &[&str]) -> Vec<String> {
    entries.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn what_runs_beside_a_failure_is_awaited_and_undone_in_reverse() {
    for delays in delays() {
        for (failing, name) in NAMES.into_iter().enumerate() {
            let vendor = answering(delays).on(name, [NO.after(delays[failing])]);
            let since = Instant::now();
            let error = Trio {}.with(vendor.clone()).await.err().unwrap();
            assert_eq!(error.step(), Some(name));
            assert!(error.is_clean());
            // A sibling that fails at once keeps those behind it from starting.
            let started = if delays[failing] == 0 { failing + 1 } else { 3 };
            let longest = delays[..started].iter().max().unwrap();
            assert_eq!(since.elapsed().as_millis(), u128::from(*longest));
            let mut expected = strings(&["before"]);
            expected.extend(strings(&NAMES[..started]));
            expected.extend(
                answers(delays)
                    .into_iter()
                    .filter(|answer| NAMES[..started].contains(&&answer[..1])),
            );
            let undone = (0..started).rev().filter(|sibling| *sibling != failing);
            expected.extend(undone.map(|sibling| match sibling {
                2 => format!("undo c 4 since step `{name}` failed: no"),
                _ => format!("undo {} {}", NAMES[sibling], sibling + 2),
            }));
            expected.push("undo before".to_owned());
            assert_eq!(vendor.trace(), expected, "{delays:?}, {name} fails");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_beside_a_running_sibling_is_a_failure_like_any_other() {
    let vendor = Vendor::new()
        .on("a", [YES.after(20)])
        .on("b", [panics("b").after(10)]);
    let error = Trio {}.with(vendor.clone()).await.err().unwrap();
    assert!(matches!(error.cause(), Cause::Panicked(panic) if panic.message() == "b"));
    assert_eq!(
        vendor.line(),
        "before, a, b, c, b answers, a answers, undo c 4 since step `b` panicked: b, undo a 2, undo before"
    );
    let left = vec![LeftStep {
        step: "b".into(),
        how: Left::Perhaps,
    }];
    assert_eq!(error.completeness(), Completeness::Compensated { left });
}

#[tokio::test(start_paused = true)]
async fn of_several_failures_the_first_is_reported_and_the_others_are_listed() {
    let vendor = Vendor::new()
        .on("a", [BUSY.after(20)])
        .on("b", [NO.after(10)])
        .on("c", [panics("c").after(30)]);
    let error = Trio {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(
        (error.step(), error.failure().error()),
        (Some("b"), Some(&Trouble::No))
    );
    let also: Vec<_> = error.also().iter().map(ToString::to_string).collect();
    assert_eq!(also, ["step `a` failed: busy", "step `c` panicked: c"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_behind_the_block_undoes_it_in_reverse_whoever_finished_first() {
    let vendor = answering([20, 10, 0]).on("after", [NO]);
    Trio {}.with(vendor.clone()).await.err().unwrap();
    let line = vendor.line();
    assert!(
        line.ends_with(
            "after 2 3 4, undo c 4 since step `after` failed: no, undo b 3, undo a 2, undo before"
        ),
        "{line}"
    );
}

saga! {
    saga Edges(wanted: bool) with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            step a(vendor) -> u32 { vendor.call("a").await }
                compensate(vendor) { vendor.undo("undo a", "").await }
            #[when(wanted, a => *wanted && *a > 0)]
            step b(vendor, a) -> u32 { vendor.call_with("b", a).await }
                compensate(vendor, a, b) { vendor.undo("undo b", format!("{a} {b}")).await }
            step c(vendor) -> u32 { vendor.call("c").await }
                compensate(vendor) { vendor.undo("undo c", "").await }
            #[after(c)]
            step d(vendor, b) -> u32 { vendor.call_with("d", format!("{b:?}")).await }
                compensate(vendor) { vendor.undo("undo d", "").await }
        }
        read end(vendor, c, d) { vendor.undo("end", format!("{c} {d}")).await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sibling_starts_as_soon_as_those_it_stands_on_have_committed() {
    for (a, c, [b_starts, d_starts]) in [
        (10, 30, [10, 30]),
        (30, 10, [30, 30]),
        (0, 20, [0, 20]),
        (20, 0, [20, 20]),
    ] {
        let vendor = Vendor::new()
            .on("a", [YES.after(a)])
            .on("c", [YES.after(c)]);
        let effects = Edges { wanted: true }.with(vendor.clone()).await.unwrap();
        assert_eq!([vendor.times("a"), vendor.times("c")], [[0], [0]]);
        let b = vendor.times("b 1");
        let d = vendor.times(&format!("d {:?}", effects.b));
        assert_eq!([b, d], [[b_starts], [d_starts]]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_skipped_sibling_commits_with_none() {
    let vendor = Vendor::new().on("a", [YES.after(5)]);
    let effects = Edges { wanted: false }.with(vendor.clone()).await.unwrap();
    assert_eq!(effects.b, None);
    assert_eq!(vendor.line(), "a, c, a answers, d None, end 2 3");

    let vendor = Vendor::new().on("end", [NO]);
    Edges { wanted: false }
        .with(vendor.clone())
        .await
        .err()
        .unwrap();
    assert_eq!(
        vendor.line(),
        "a, c, d None, end 2 3, undo d, undo c, undo a"
    );
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_after_the_first_failure() {
    let vendor = Vendor::new()
        .on("a", [YES.after(20)])
        .on("c", [NO.after(10)]);
    let error = Edges { wanted: true }
        .with(vendor.clone())
        .await
        .err()
        .unwrap();
    assert_eq!(vendor.line(), "a, c, c answers, a answers, undo a");
    assert_eq!(error.step(), Some("c"));
}

#[tokio::test(start_paused = true)]
async fn what_a_standing_sibling_stands_on_is_kept() {
    let vendor = Vendor::new().on("end", [NO]).always("undo b", NO);
    let Outcome::Parked(parked) = Edges { wanted: true }.with(vendor).outcome().await else {
        panic!("it stands")
    };
    assert_eq!(parked.unsettled().still_applied, ["a", "b"]);
}

saga! {
    #[classify(Trouble::verdict)]
    saga Patient() with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            #[retry(5, 10s..10s, jitter = false)] #[idempotent]
            step a(vendor, key) -> u32 { vendor.order("a", key).await }
                compensate(vendor, key) { vendor.cancel("undo a", key).await }
            #[timeout(50ms)]
            step b(vendor, key) -> u32 { vendor.order("b", key).await }
                #[by_key]
                compensate(vendor, key) { vendor.cancel("undo b", key).await }
            read c(vendor) -> u32 { vendor.call("c").await }
                fallback(vendor, failure) { vendor.call_with("instead", failure).await }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn backoffs_end_at_the_first_failure() {
    let vendor = Vendor::new().on("a", [BUSY]).on("b", [NO.after(5)]);
    let since = Instant::now();
    let error = Patient {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(since.elapsed().as_millis(), 5);
    assert_eq!((vendor.times("a").len(), error.step()), (1, Some("b")));
    let [also] = error.also() else {
        panic!("{error:?}")
    };
    assert_eq!(
        (also.step(), also.error()),
        (Some("a"), Some(&Trouble::Busy)),
        "it was cut short"
    );
}

#[tokio::test(start_paused = true)]
async fn what_runs_at_the_first_failure_is_not_tried_again() {
    let vendor = Vendor::new()
        .on("a", [BUSY.after(20)])
        .on("b", [NO.after(5)]);
    Patient {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(vendor.times("a"), [0]);
    assert!(vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sibling_waits_its_backoff_while_the_others_run() {
    let vendor = Vendor::new().on("a", [BUSY, BUSY]).on("b", [YES.after(3)]);
    Patient {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("a"), [0, 10_000, 20_000]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_beside_a_running_sibling_is_settled_in_its_lane() {
    let vendor = Vendor::new().on("a", [YES.after(80)]).on("b", [MUTE]);
    let error = Patient {}.with(vendor.clone()).await.err().unwrap();
    assert!(matches!(error.cause(), Cause::TimedOut));
    assert_eq!(
        vendor.times("undo b"),
        [50],
        "at once, while `a` still runs"
    );
    assert_eq!(vendor.times("undo a"), [80]);
    assert!(error.is_clean() && vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sibling_in_doubt_is_settled_after_the_first_failure_too() {
    let vendor = Vendor::new()
        .on("a", [UNHEARD.after(20)])
        .on("b", [NO.after(10)]);
    let error = Patient {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(vendor.line(), "a, b, c, b answers, a answers, a, undo a");
    assert!(error.is_clean() && vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_siblings_fallback_takes_its_place() {
    let vendor = Vendor::new().on("c", [NO.after(1)]).on("a", [YES.after(2)]);
    let effects = Patient {}.with(vendor.clone()).await.unwrap();
    assert_eq!(
        vendor.line(),
        "a, b, c, c answers, instead step `c` failed: no, a answers"
    );
    assert_eq!(effects.c, 4);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_declines_gives_the_first_error_back() {
    let vendor = Vendor::new().on("c", [NO]).on("instead", [BUSY]);
    let error = Patient {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(
        (error.step(), error.failure().call()),
        (Some("c"), CallKind::Action)
    );
    assert_eq!(error.into_step_error(), Some(Trouble::No));
    assert!(vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_fallback_runs_after_the_first_failure() {
    let vendor = Vendor::new().on("c", [NO.after(10)]).on("b", [NO.after(5)]);
    let error = Patient {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(error.step(), Some("b"));
    assert_eq!(vendor.line(), "a, b, c, b answers, c answers, undo a");
}

saga! {
    saga Late() with (vendor: Vendor) -> Result<_, Trouble> {
        #[idempotent]
        pivot paid(vendor, _key) { vendor.undo("paid", "").await }
        concurrent {
            #[idempotent] #[retry(2, 10ms..10ms, jitter = false)]
            step x(vendor, _key) -> u32 { vendor.call("x").await }
            #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
            step y(vendor, _key) -> u32 { vendor.call("y").await }
            #[idempotent]
            step z(vendor, x, _key) -> u32 { vendor.call_with("z", x).await }
        }
        #[idempotent]
        step end(vendor, _key) { vendor.undo("end", "").await }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_a_failing_sibling_stops_nobody_and_the_saga_parks() {
    let vendor = Vendor::new().on("x", [BUSY, BUSY]).on("y", [BUSY, BUSY]);
    let Outcome::Parked(parked) = Late {}.with(vendor.clone()).outcome().await else {
        panic!("`x` is used up")
    };
    assert_eq!(vendor.line(), "paid, x, y, x, y, y");
    assert_eq!(parked.unsettled().still_applied, ["paid", "y"]);
    assert_eq!(parked.unsettled().unfinished, ["x", "z", "end"]);
    assert_eq!(parked.failure().step(), Some("x"));
    assert!(parked.resume().await.is_ok());
    assert_eq!(vendor.line(), "x, z 7, end");
}
