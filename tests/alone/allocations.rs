//! What a run in memory allocates: the box of its future, and how that grows. All threads are counted.

use std::{
    alloc::System,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use crate::ALONE;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use typed_saga::saga;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A saga of like steps, the last of which may fail, and what a run of it allocates.
macro_rules! chain {
    ($saga:ident: $($step:ident)*) => {{
        saga! {
            saga $saga(n: u64) -> Result<u64, u64> {
                $(
                    step $step(n, key) -> u64 { Ok(n + key.as_str().len() as u64) }
                    compensate($step, key) { if key.as_str().is_empty() { Err(*$step) } else { Ok(()) } }
                )*
                read last(n) { if *n == 0 { Err(7) } else { Ok(()) } }
                { let () = last; 0 $(+ $step)* }
            }
        }
        let fails = allocated(|| assert_eq!(run($saga { n: 0 }.run()).map_err(typed_saga::Error::into_step_error), Err(Some(7))));
        let completes = allocated(|| assert!(run($saga { n: 1 }.run()).is_ok()));
        let undone = [$(stringify!($step)),*].len();
        let boxes = 4 + undone;
        assert_eq!(
            fails.0, completes.0 + boxes,
            "the run, what drives it, what its kernel knows of the steps, the failure, and each call have a box each"
        );
        completes
    }};
}

saga! {
    saga Beside(n: u64) -> Result<u64, u64> {
        concurrent {
            step a(n) -> u64 { Ok(*n) }
                compensate none;
            step b(n, a) -> u64 { Ok(n + a) }
                compensate none;
            step c(n) -> u64 { Ok(*n) }
                compensate none;
        }
        a + b + c
    }
}

/// What is allocated now, and not freed.
fn live() -> usize {
    let stats = COUNTED.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

saga! {
    saga Many(n: u64) -> Result<usize, usize> {
        #[idempotent]
        for item: u64 in (n => 0..*n)
        step done(item, key) -> u64 { Ok(*item + key.as_str().len() as u64) }
            compensate(done) { if *done == 0 { Err(0) } else { Ok(()) } }

        read kept(done) -> usize { Ok(live() + usize::from(done.is_empty())) }

        read last(n, kept) { if *n % 2 == 0 { Ok(()) } else { Err(*kept) } }

        {
            let () = last;
            kept
        }
    }
}

/// The output of a saga that never waits.
fn run<F: IntoFuture>(saga: F) -> F::Output {
    match pin!(saga.into_future()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

/// How often, and how many bytes: the least of many runs, since the test's own harness may allocate
/// at any time.
fn allocated(mut run: impl FnMut()) -> (usize, usize) {
    let runs = (0..100).map(|_| {
        let region = Region::new(COUNTED);
        run();
        let change = region.change();
        (
            change.allocations + change.reallocations,
            change.bytes_allocated,
        )
    });
    runs.min().unwrap_or_default()
}

#[test]
fn a_run_allocates_once_and_its_future_grows_with_the_steps() {
    let _alone = ALONE.blocking_lock();
    let sizes = [
        chain!(Two: a b),
        chain!(Four: a b c d),
        chain!(Eight: a b c d e f g h),
        chain!(Sixteen: a b c d e f g h i j k l m n_ o p),
    ];
    assert!(sizes.iter().all(|(times, _)| *times == 1), "{sizes:?}");
    let [two, four, eight, sixteen] = sizes.map(|(_, bytes)| bytes);
    // An effect in its slot, and what the kernel remembers of a step.
    for (fewer, more, steps) in [(two, four, 2), (four, eight, 4), (eight, sixteen, 8)] {
        let per_step = (more - fewer) / steps;
        assert!(
            (16..=64).contains(&per_step),
            "{per_step} bytes for each step: {sizes:?}"
        );
    }
    let (times, _) = allocated(|| assert_eq!(run(Beside { n: 1 }.run()).unwrap(), 4));
    assert_eq!(
        times, 5,
        "the future, the run, what drives it, what its kernel knows of the steps, and a block have a box each"
    );
}

#[test]
fn a_loop_takes_less_than_a_kilobyte_for_each_item() {
    let _alone = ALONE.blocking_lock();
    let kept = |n| {
        let runs = (0..20).map(|_| match run(Many { n }.run()) {
            Ok(kept) => kept,
            Err(error) => error.into_step_error().expect("the last step fails"),
        });
        runs.min().unwrap_or_default()
    };
    let [none, some, many, undone] = [0, 1_000, 10_000, 9_999].map(kept);
    let each = |kept: usize, items: usize| kept.saturating_sub(none) / items;
    let each = [each(some, 1_000), each(many, 10_000), each(undone, 9_999)];
    // Beside the item and its effect, of 8 bytes each.
    assert!(
        each.iter().all(|bytes| *bytes < 1024 + 16),
        "{each:?} bytes for each item"
    );
    assert!(
        each[0].abs_diff(each[1]) < 64,
        "it grows with the items: {each:?}"
    );
}
