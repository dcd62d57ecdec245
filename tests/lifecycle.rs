//! From the declaration to the end: when a saga starts, who runs it, what outlives whom, and
//! `finally`.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use crate::common::{NO, Trouble, Vendor, YES};
use tokio::{
    runtime::{Builder, Runtime},
    time::{Instant, sleep, timeout},
};
use typed_saga::{Outcome, runtime::End, saga};

saga! {
    saga Two() with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor) -> u32 { vendor.call("a").await }
            compensate(vendor) { vendor.undo("undo a", "").await }
        step b(vendor) -> u32 { vendor.call("b").await }
            compensate(vendor) { vendor.undo("undo b", "").await }
        read end(vendor) { vendor.undo("end", "").await }
        {
            let () = end;
            a + b
        }
    }
}

const ALL: &str = "a, a answers, b, end";

fn slow() -> Vendor {
    Vendor::new().on("a", [YES.after(20)])
}

/// Polls once.
async fn begin(run: &mut (impl Future + Unpin)) {
    poll_fn(|cx| {
        assert!(pin!(&mut *run).poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_before_the_first_poll() {
    let vendor = Vendor::new();
    let prepared = Two {}.with(vendor.clone());
    let future = Two {}.with(vendor.clone()).into_future();
    let outcome = Two {}.with(vendor.clone()).outcome();
    sleep(Duration::from_secs(1)).await;
    drop((prepared, future, outcome));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(vendor.line(), "");
}

#[tokio::test(start_paused = true)]
async fn a_started_saga_whose_future_is_dropped_runs_to_its_end() {
    let vendor = slow();
    let given_up = timeout(
        Duration::from_millis(10),
        Two {}.with(vendor.clone()).into_future(),
    )
    .await;
    assert!(given_up.is_err());
    assert_eq!(vendor.trace(), ["a"]);
    sleep(Duration::from_millis(20)).await;
    assert_eq!(vendor.line(), ALL);
}

#[tokio::test(start_paused = true)]
async fn a_saga_on_its_way_back_runs_to_its_end_too() {
    let vendor = Vendor::new().on("end", [NO]).on("undo b", [YES.after(20)]);
    let given_up = timeout(
        Duration::from_millis(10),
        Two {}.with(vendor.clone()).outcome(),
    )
    .await;
    assert!(given_up.is_err());
    sleep(Duration::from_millis(20)).await;
    assert_eq!(vendor.line(), "a, b, end, undo b, undo b answers, undo a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_saga_runs_on_in_a_runtime_of_several_threads() {
    let vendor = slow();
    let mut run = Two {}.with(vendor.clone()).outcome();
    begin(&mut run).await;
    drop(run);
    let ended = async {
        while vendor.trace().last().is_none_or(|last| last != "end") {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = timeout(Duration::from_secs(30), ended).await;
    ended.expect("it runs on");
    assert_eq!(vendor.line(), ALL);
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

#[test]
fn a_saga_that_is_dropped_outside_of_its_runtime_runs_on_inside() {
    let runtime = runtime();
    let vendor = runtime.block_on(async { slow() });
    let mut run = Two {}.with(vendor.clone()).outcome();
    runtime.block_on(begin(&mut run));
    thread::spawn(|| drop(run)).join().unwrap();
    runtime.block_on(async { sleep(Duration::from_millis(30)).await });
    assert_eq!(vendor.line(), ALL);
}

#[test]
fn a_saga_that_is_dropped_after_its_runtime_stops_where_it_is() {
    let runtime = runtime();
    let vendor = runtime.block_on(async { slow() });
    let mut run = Two {}.with(vendor.clone()).outcome();
    runtime.block_on(begin(&mut run));
    drop(runtime);
    drop(run);
    assert_eq!(vendor.line(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_started_saga_needs_nobody_to_await_it() {
    let vendor = slow();
    let handle = Two {}.with(vendor.clone()).id("trip-1").start();
    assert_eq!(handle.id().as_str(), "trip-1");
    assert!(!handle.is_finished());
    drop(handle);
    sleep(Duration::from_millis(30)).await;
    assert_eq!(vendor.line(), ALL);
}

#[tokio::test(start_paused = true)]
async fn a_handle_gives_what_the_saga_gives() {
    assert_eq!(Two {}.with(slow()).start().await.unwrap(), 3);
    let failing = || Vendor::new().on("end", [NO]);
    assert_eq!(
        Two {}.with(failing()).start().await.unwrap_err().step(),
        Some("end")
    );
    assert_eq!(
        Two {}.with(failing()).start().outcome().await.end(),
        End::Compensated
    );
}

saga! {
    #[name = "Closing"]
    saga Last(fails: bool) with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor) -> u32 { vendor.call("a").await }
            #[retry(1)]
            compensate(vendor) { vendor.undo("undo a", "").await }
        read end(fails) { if *fails { Err(Trouble::No) } else { Ok(()) } }

        finally(vendor, fails, outcome, ctx) {
            let names = format!("{} {} {}", ctx.saga(), ctx.id(), ctx.step());
            let parts = (
                outcome.end(),
                outcome.step(),
                outcome.completeness().is_some(),
            );
            vendor.note(format_args!("{names}: {outcome} {parts:?} {fails}"));
            vendor.undo("finally", "").await.ok();
        }

        {
            let () = end;
            a
        }
    }
}

#[tokio::test(start_paused = true)]
async fn finally_sees_every_end() {
    for (fails, vendor, line) in [
        (
            false,
            Vendor::new(),
            "a, Closing 1 finally: completed (Completed, None, false) false, finally",
        ),
        (
            true,
            Vendor::new(),
            "a, undo a, Closing 1 finally: step `end` failed: no; everything was undone (Compensated, Some(\"end\"), true) true, finally",
        ),
        (
            true,
            Vendor::new().on("undo a", [NO]),
            "a, undo a, Closing 1 finally: step `end` failed: no; parked, still applied: `a` (Parked, Some(\"end\"), true) true, finally",
        ),
    ] {
        let outcome = Last { fails }.with(vendor.clone()).id("1").outcome().await;
        assert_eq!(matches!(outcome, Outcome::Completed(_)), !fails);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(vendor.line(), line);
    }
}

#[tokio::test(start_paused = true)]
async fn finally_runs_again_when_a_parked_saga_ends_later() {
    let vendor = Vendor::new().on("undo a", [NO]);
    let outcome = Last { fails: true }
        .with(vendor.clone())
        .id("1")
        .outcome()
        .await;
    let Outcome::Parked(parked) = outcome else {
        panic!("{outcome:?}")
    };
    sleep(Duration::from_millis(1)).await;
    vendor.line();
    parked.resume().await.unwrap_err();
    sleep(Duration::from_millis(1)).await;
    let line = vendor.line();
    assert!(
        line.starts_with("undo a, Closing 1 finally: step `end` failed: no; everything was undone"),
        "{line}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_outcome_does_not_wait_for_finally() {
    let vendor = Vendor::new().on("finally", [YES.after(3_600_000)]);
    let since = Instant::now();
    assert_eq!(Last { fails: false }.with(vendor.clone()).await.unwrap(), 1);
    assert_eq!(since.elapsed(), Duration::ZERO);
    assert_eq!(vendor.line(), "a");
    sleep(Duration::from_secs(3601)).await;
    assert!(vendor.line().ends_with("finally, finally answers"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_finally_changes_nothing() {
    let vendor = Vendor::new().on("finally", [crate::common::panics("finally")]);
    assert_eq!(Last { fails: false }.with(vendor.clone()).await.unwrap(), 1);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(vendor.trace().len(), 3, "it ran");
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Is woken once, by another thread.
async fn elsewhere() {
    let mut asked = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        thread::spawn(move || waker.wake());
        Poll::Pending
    })
    .await;
}

saga! {
    saga Anywhere() with (vendor: Vendor) -> Result<u32, Trouble> {
        step a(vendor) -> u32 { elsewhere().await; vendor.call("a").await }
            compensate(vendor) { elsewhere().await; vendor.undo("undo a", "").await }
        concurrent {
            step b(vendor) -> u32 { elsewhere().await; vendor.call("b").await }
                compensate(vendor) { vendor.undo("undo b", "").await }
            read c(vendor) -> u32 { vendor.call("c").await }
        }
        read end(vendor) { vendor.undo("end", "").await }
        {
            let () = end;
            a + b + c
        }
    }
}

#[test]
fn a_saga_without_timers_runs_on_any_executor() {
    let vendor = Vendor::new();
    assert_eq!(
        block_on(Anywhere {}.with(vendor.clone()).into_future()).unwrap(),
        6
    );
    assert_eq!(vendor.line(), "a, c, b, end");

    let vendor = Vendor::new().on("end", [NO]);
    let error = block_on(Anywhere {}.with(vendor.clone()).into_future()).unwrap_err();
    assert!(error.is_clean());
    assert_eq!(vendor.line(), "a, c, b, end, undo b, undo a");
}

#[test]
fn without_a_runtime_finally_is_awaited() {
    let vendor = Vendor::new();
    assert_eq!(
        block_on(Last { fails: false }.with(vendor.clone()).into_future()).unwrap(),
        1
    );
    assert!(vendor.line().ends_with("finally"));

    let vendor = Vendor::new().on("finally", [crate::common::panics("finally")]);
    assert_eq!(
        block_on(Last { fails: false }.with(vendor.clone()).into_future()).unwrap(),
        1
    );
    assert_eq!(
        vendor.trace().len(),
        3,
        "it ran, and its panic changes nothing"
    );
}

saga! {
    saga Patient() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[retry(2, 5ms..5ms, jitter = false)]
        read a(vendor) -> u32 { vendor.call("a").await }
        concurrent {
            #[retry(2, 5ms..5ms, jitter = false)]
            read b(vendor) -> u32 { vendor.call("b").await }
            read c(vendor) -> u32 { vendor.call("c").await }
        }
        a + b + c
    }
}

#[test]
fn a_wait_where_there_is_no_timer_is_waited_all_the_same() {
    let vendor = Vendor::new()
        .on("a", [crate::common::BUSY])
        .on("b", [crate::common::BUSY]);
    let start = std::time::Instant::now();
    block_on(Patient {}.with(vendor.clone()).into_future()).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(10));
    assert_eq!(vendor.line(), "a, a, b, c, b");
}
