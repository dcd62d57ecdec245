//! Runs of plain steps, there and back: longer than what stands in one function, with a block and
//! steps without compensation between them, and compensations with and without a time limit.

use std::sync::{Arc, Mutex, MutexGuard};

use typed_saga::{
    Cause,
    runtime::{CallKind, End},
    saga,
};

/// What is called, and which call is in trouble.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    made: Vec<String>,
    fails: &'static str,
    panics: bool,
    /// The step whose compensation panics at first.
    resists: &'static str,
}

impl Log {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().expect("no call panics while it holds this")
    }

    fn act(&self, step: &'static str) -> Result<&'static str, &'static str> {
        let mut calls = self.calls();
        calls.made.push(step.to_owned());
        if calls.fails != step {
            return Ok(step);
        }
        if calls.panics {
            drop(calls);
            panic!("{step}");
        }
        Err(step)
    }

    fn undo(&self, step: &str) {
        let mut calls = self.calls();
        calls.made.push(format!("undo {step}"));
        if calls.resists == step {
            calls.resists = "";
            drop(calls);
            panic!("undo {step}");
        }
    }
}

/// A saga of many steps, and their names.
macro_rules! long {
    ($($early:ident)*; $($late:ident)*) => {
        saga! {
            saga Long() with (log: Log) -> Result<String, &'static str> {
                $(
                    step $early(log) -> &'static str { log.act(stringify!($early)) }
                        compensate(log, $early) { log.undo($early); Ok(()) }
                )*
                read seen(log) -> &'static str { log.act("seen") }
                concurrent {
                    step left(log) -> &'static str { log.act("left") }
                        compensate(log, left) { log.undo(left); Ok(()) }
                    step right(log) -> &'static str { log.act("right") }
                        compensate(log, right) { log.undo(right); Ok(()) }
                }
                $(
                    step $late(log) -> &'static str { log.act(stringify!($late)) }
                        #[timeout(1h)]
                        compensate(log, $late, key) { let _ = key; log.undo($late); Ok(()) }
                )*
                [seen, left, right $(, $early)* $(, $late)*].len().to_string()
            }
        }

        const STEPS: &[&str] = &[$(stringify!($early),)* "seen", "left", "right" $(, stringify!($late))*];
    };
}

long! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a30 a31 a32 a33;
    b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12 b13 b14 b15 b16 b17
}

/// What is called when step `fails` fails: all up to it, and what undoes those that were applied.
fn expected(fails: usize, resists: Option<usize>) -> Vec<String> {
    let mut made: Vec<_> = STEPS[..=fails]
        .iter()
        .map(|&step| step.to_owned())
        .collect();
    for step in (0..fails).rev().filter(|&step| STEPS[step] != "seen") {
        let times = 1 + usize::from(resists == Some(step));
        made.extend(vec![format!("undo {}", STEPS[step]); times]);
    }
    made
}

async fn fails(step: usize, panics: bool, resists: Option<usize>) {
    let log = Log::default();
    *log.calls() = Calls {
        fails: STEPS[step],
        panics,
        resists: resists.map_or("", |resists| STEPS[resists]),
        ..Calls::default()
    };
    let outcome = Long {}.with(log.clone()).outcome().await;
    assert_eq!(outcome.end(), End::Compensated);
    assert_eq!(log.calls().made, expected(step, resists));
    let error = outcome.into_result().unwrap_err();
    assert_eq!(
        (error.step(), error.failure().call()),
        (Some(STEPS[step]), CallKind::Action)
    );
    assert_eq!(error.failure().error(), (!panics).then_some(&STEPS[step]));
}

#[tokio::test]
async fn all_steps_run_in_order() {
    let log = Log::default();
    assert_eq!(
        Long {}.with(log.clone()).await.unwrap(),
        STEPS.len().to_string()
    );
    assert_eq!(log.calls().made, STEPS);
}

#[tokio::test]
async fn whichever_step_fails_all_before_it_are_undone_in_reverse() {
    for step in 0..STEPS.len() {
        fails(step, false, None).await;
    }
}

/// A panic is caught around all steps at once: it is the one that panicked that is reported.
#[tokio::test]
async fn whichever_step_panics_is_the_one_that_failed() {
    for step in 0..STEPS.len() {
        fails(step, true, None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whichever_compensation_panics_is_tried_again_and_the_others_go_on() {
    for step in 0..STEPS.len() {
        let applied = (0..step).filter(|&applied| STEPS[applied] != "seen");
        for resists in applied {
            fails(step, false, Some(resists)).await;
        }
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("it went off");
    }
}

saga! {
    saga Dropped() with (log: Log) -> Result<(), &'static str> {
        step a(log) -> &'static str { log.act("a") }
            compensate(log, a) { log.undo(a); Ok(()) }
        #[timeout(10ms)]
        read b(log, a) -> &'static str {
            let _bomb = (Bomb, a);
            log.act("b")?;
            std::future::pending().await
        }
        {
            let _ = b;
        }
    }
}

/// What is dropped because its time is over panics: its time is over all the same.
#[tokio::test(start_paused = true)]
async fn a01_a_call_that_panics_while_it_is_dropped_has_timed_out() {
    let log = Log::default();
    let error = Dropped {}.with(log.clone()).await.unwrap_err();
    assert_eq!(log.calls().made, ["a", "b", "undo a"]);
    assert_eq!(error.step(), Some("b"));
    assert!(matches!(error.cause(), Cause::TimedOut), "{error}");
}
