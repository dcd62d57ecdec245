//! The way forward: order, reads, effects, `when`, and what counts as a failure of a step.

use std::{panic::panic_any, time::Duration};

use crate::common::{HANG, MUTE, NO, Trouble, Vendor, YES};
use tokio::time::{Instant, sleep};
use typed_saga::{Cause, runtime::CallKind, saga};

saga! {
    saga Chain(first: u32, second: u32)
    with (vendor: Vendor)
    -> Result<(u32, String, u32), Trouble>
    {
        read a(vendor, first) -> u32 { vendor.call_with("a", first).await?; Ok(first * 2) }
        step b(vendor, a, second) -> String {
            vendor.call_with("b", format!("{a} {second}")).await?;
            Ok(format!("{}", a + second))
        }
            compensate none;
        step nothing(vendor) { vendor.undo("nothing", "").await }
            compensate none;
        #[idempotent]
        pivot c(vendor, a, b, nothing, _key) -> u32 {
            let () = nothing;
            vendor.call_with("c", format!("{a} {b}")).await?;
            Ok(*a + 1)
        }
        #[idempotent]
        step d(vendor, c, _key) { vendor.undo("d", c).await }

        (a, b, c)
    }
}

#[tokio::test]
async fn steps_run_in_order_and_read_inputs_and_effects() {
    let vendor = Vendor::new();
    let run = Chain {
        first: 3,
        second: 4,
    }
    .with(vendor.clone());
    assert_eq!(run.await.unwrap(), (6, "10".to_owned(), 7));
    assert_eq!(vendor.line(), "a 3, b 6 4, nothing, c 6 10, d 7");
}

#[tokio::test]
async fn a_failure_stops_the_way_forward() {
    for (stops, line) in [
        ("a", "a 3"),
        ("b", "a 3, b 6 4"),
        ("nothing", "a 3, b 6 4, nothing"),
        ("c", "a 3, b 6 4, nothing, c 6 10"),
    ] {
        let vendor = Vendor::new().on(stops, [NO]);
        let error = Chain {
            first: 3,
            second: 4,
        }
        .with(vendor.clone())
        .await
        .unwrap_err();
        assert_eq!(error.step(), Some(stops));
        assert_eq!(error.into_step_error(), Some(Trouble::No));
        assert_eq!(vendor.line(), line);
    }
}

saga! {
    saga All(n: u8) -> Result<_, Trouble> {
        read twice(n) -> u8 { Ok(n * 2) }
        #[when(n => *n > 5)]
        read big(n) -> u8 { Ok(*n) }
        step empty() { Ok(()) }
            compensate none;
    }
}

#[tokio::test]
async fn without_a_tail_the_output_is_all_effects() {
    let AllEffects {
        twice,
        big,
        empty: (),
    } = All { n: 5 }.run().await.unwrap();
    assert_eq!((twice, big), (10, None));
    assert_eq!(All { n: 6 }.run().await.unwrap().big, Some(6));
}

saga! {
    saga Choice(wanted: bool, fails: bool) with (vendor: Vendor) -> Result<Option<u32>, Trouble> {
        #[when(wanted => *wanted)]
        step car(vendor) -> u32 { vendor.call("car").await }
            compensate(vendor, car) { vendor.undo("undo car", car).await }
        step seen(vendor, car) { vendor.undo("seen", format!("{car:?}")).await }
            compensate(vendor, car) { vendor.undo("unseen", format!("{car:?}")).await }
        read last(fails) { if *fails { Err(Trouble::No) } else { Ok(()) } }

        car
    }
}

#[tokio::test]
async fn a_step_is_skipped_by_its_when_and_its_effect_is_none() {
    for (wanted, output, line) in [
        (true, Some(1), "car, seen Some(1)"),
        (false, None, "seen None"),
    ] {
        let vendor = Vendor::new();
        let run = Choice {
            wanted,
            fails: false,
        }
        .with(vendor.clone());
        assert_eq!(run.await.unwrap(), output);
        assert_eq!(vendor.line(), line);
    }
}

#[tokio::test]
async fn a_skipped_step_is_not_compensated() {
    for (wanted, line) in [
        (true, "car, seen Some(1), unseen Some(1), undo car 1"),
        (false, "seen None, unseen None"),
    ] {
        let vendor = Vendor::new();
        let error = Choice {
            wanted,
            fails: true,
        }
        .with(vendor.clone())
        .await
        .unwrap_err();
        assert!(error.is_clean());
        assert_eq!(vendor.line(), line);
    }
}

saga! {
    saga OddWhen(n: u32) with (vendor: Vendor) -> Result<(), Trouble> {
        step before(vendor) { vendor.undo("before", "").await }
            compensate(vendor) { vendor.undo("undo before", "").await }
        #[when(n => 6 / n > 1)]
        step odd(vendor) { vendor.undo("odd", "").await }
            compensate(vendor) { vendor.undo("undo odd", "").await }

        {
            let _ = (before, odd);
        }
    }
}

#[tokio::test]
async fn a_panic_in_when_fails_the_step_unsent() {
    let vendor = Vendor::new();
    let error = OddWhen { n: 0 }.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "before, undo before");
    assert_eq!(
        (error.step(), error.failure().call()),
        (Some("odd"), CallKind::When)
    );
    assert_eq!(
        error.to_string(),
        "the `when` of step `odd` panicked: attempt to divide by zero; everything before it was undone"
    );
}

/// Panics before there is a future.
fn eager(how: &How) -> std::future::Ready<Result<(), Trouble>> {
    assert!(!matches!(how, How::Eager), "eager");
    std::future::ready(Ok(()))
}

/// How a body may panic.
#[derive(Clone)]
enum How {
    Text,
    Built,
    Number,
    Late,
    Eager,
}

saga! {
    saga Panics(how: How) -> Result<(), Trouble> {
        step bad(how) {
            match how {
                How::Text => panic!("plain"),
                How::Built => panic!("built {}", 1 + 1),
                How::Number => panic_any(42_u8),
                How::Late => sleep(Duration::from_millis(1)).await,
                How::Eager => return Ok(()),
            }
            panic!("late")
        }
            compensate none;
        step unready(how) = eager
            compensate none;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_caught_with_its_payload() {
    for (how, message) in [
        (How::Text, "plain"),
        (How::Built, "built 2"),
        (How::Number, "a payload that is not text"),
        (How::Late, "late"),
        (How::Eager, "eager"),
    ] {
        let error = Panics { how: how.clone() }.run().await.unwrap_err();
        let Cause::Panicked(panic) = error.cause() else {
            panic!("{error}")
        };
        assert_eq!(panic.message(), message);
        let payload = error.into_panic().unwrap().into_payload();
        assert_eq!(
            payload.downcast_ref::<u8>().copied(),
            matches!(how, How::Number).then_some(42)
        );
    }
}

saga! {
    #[timeout(100ms)]
    saga Timed() with (vendor: Vendor) -> Result<(), Trouble> {
        #[timeout(30ms)]
        read own(vendor) { vendor.undo("own", "").await }
        read default(vendor) { vendor.undo("default", "").await }
        #[idempotent]
        step undone(vendor, _key) { vendor.undo("undone", "").await }
            #[timeout(20ms)] #[retry(2, 1ms..1ms, jitter = false)]
            compensate(vendor) { vendor.undo("undo", "").await }
        step asked(vendor) { vendor.undo("asked", "").await }
            #[timeout(20ms)] #[retry(2, 1ms..1ms, jitter = false)]
            resolve(vendor) { vendor.undo("resolve", "").await.map(|()| None) }
            compensate(vendor) { vendor.undo("unask", "").await }
        {
            let _ = (own, default, undone, asked);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_the_steps_own_or_the_default() {
    for (hangs, ends) in [("own", 30), ("default", 100)] {
        let since = Instant::now();
        let error = Timed {}
            .with(Vendor::new().on(hangs, [HANG]))
            .await
            .unwrap_err();
        assert!(matches!(error.cause(), Cause::TimedOut), "{error}");
        assert_eq!(error.step(), Some(hangs));
        assert_eq!(since.elapsed().as_millis(), ends);
        assert_eq!(
            error.to_string(),
            format!("step `{hangs}` timed out; everything before it was undone")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_the_poll_of_the_timeout_counts() {
    let just_in_time = Vendor::new().on("own", [YES.after(30)]);
    assert!(Timed {}.with(just_in_time).await.is_ok());
    let too_late = Vendor::new().on("own", [YES.after(31)]);
    assert!(Timed {}.with(too_late).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn clauses_have_timeouts_of_their_own() {
    let vendor = Vendor::new().on("asked", [NO]).on("undo", [MUTE]);
    let error = Timed {}.with(vendor.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(vendor.times("undo"), [0, 21]);

    let vendor = Vendor::new().on("asked", [HANG]).on("resolve", [HANG]);
    let error = Timed {}.with(vendor.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(vendor.times("resolve"), [100, 121]);
}
