//! Mistakes in a test, and the panic that reports each.

use super::{Log, No};
use std::panic::{AssertUnwindSafe, catch_unwind};
use typed_saga::{saga, testing::explore};

saga! {
    saga Write(name: &'static str) with (log: Log) -> Result<(), No> {
        step line(log, name) { log.note(*name) }
            compensate none
        read end() { Ok(()) }
    }
}

saga! {
    saga Erase() with (log: Log) -> Result<(), No> {
        step page(log) { log.0.lock().unwrap().clear(); Ok(()) }
            compensate none
    }
}

/// What this panics with.
fn panics<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else {
        panic!("it should panic");
    };
    *panic.downcast::<String>().expect("it says why")
}

fn only(schedule: &str) -> String {
    panics(|| {
        explore(Log::default, |log| {
            Write { name: "a" }.with(log.clone()).id("a")
        })
        .beside(|log| Write { name: "b" }.with(log.clone()).id("b"))
        .state(Log::sorted)
        .only(schedule)
        .run()
    })
}

#[test]
fn one_saga_under_one_id() {
    let write = |log: &Log| Write { name: "a" }.with(log.clone()).id("same");
    let told = panics(|| {
        explore(Log::default, write)
            .beside(write)
            .state(Log::sorted)
            .run()
    });
    assert_eq!(
        told,
        "both sagas are Write `same`: give the second one another id, or its keys are those of the \
         first"
    );
    // Under one id, another saga has other keys.
    let erase = |log: &Log| Erase {}.with(log.clone()).id("same");
    let report = explore(Log::default, write)
        .beside(erase)
        .state(Log::sorted)
        .run();
    assert_eq!(report.played(), 3);
}

#[test]
fn a_schedule_that_cannot_be_read() {
    let told = only("A C");
    assert_eq!(
        told,
        "no schedule: `C` is neither `A`, a call of the first saga, nor `B`, one of the second"
    );
    let told = only("A B, label refused");
    assert_eq!(told, "no schedule: no step is called `label`");
    let told = only("A B, line refused");
    assert_eq!(
        told,
        "no schedule: both sagas have a step `line`: write `A line refused` or `B line refused`"
    );
    for unclear in [
        "A B, line",
        "A, B line 0 refused",
        "A, B line 1 2 refused",
        "A, refused",
    ] {
        let told = only(unclear);
        assert!(
            told.contains("is not a step and `refused`, as in `label refused`"),
            "{told}"
        );
    }
}

#[test]
fn a_schedule_that_cannot_be_played() {
    let told = only("A A A");
    assert_eq!(
        told,
        "no schedule: Write (A) has no call to make at letter 3 of \"A A A\""
    );
    let told = only("A B A B A");
    assert!(
        told.contains("Write (A) has no call to make at letter 5 of"),
        "{told}"
    );
    let told = only("A, A line 2 refused");
    assert_eq!(
        told,
        "no schedule: \"A, A line 2 refused\" refuses a call that is not made"
    );
    let told = only("A, A line refused");
    assert_eq!(
        told,
        "no error refuses the call of \"A, A line refused\": see `error` and `error_of`"
    );
}

#[test]
fn a_world_that_depends_on_chance() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    saga! {
        saga Odd(calls: usize) with (log: Log) -> Result<(), No> {
            for call: usize in (calls => 0..*calls)
            step line(log, call) { log.note(call.to_string()) }
                compensate none
        }
    }
    let odd = |log: &Log| {
        // The ids, the five serial runs, and the first schedule.
        let calls = if RUNS.fetch_add(1, Ordering::SeqCst) < 7 {
            3
        } else {
            1
        };
        Odd { calls }.with(log.clone()).id("o")
    };
    let told = panics(|| {
        let write = |log: &Log| Write { name: "w" }.with(log.clone()).id("w");
        explore(Log::default, odd)
            .beside(write)
            .state(Log::sorted)
            .run()
    });
    assert!(
        told.starts_with("the sagas do not always make the same calls, because a world or a saga"),
        "{told}"
    );
}
