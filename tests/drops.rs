//! A `Drop` of the user's that panics: the run goes on as if it had not.
//!
//! Each case is run twice, once with nothing that panics, and once with one value that panics
//! wherever it is dropped: what is called, and how it ends, is the same.

mod fuse;

use fuse::{Fuse, World, arm, fuse, went_off};
use std::{fmt::Write, future::pending, panic::panic_any, sync::Arc, time::Duration};
use typed_saga::{
    Cause, Completeness, Error, Outcome, Verdict,
    engine::{self, Engine, Memory},
    saga,
};

saga! {
    /// Nothing but plain steps, which go straight.
    saga Plain(input: Fuse) with (world: World, service: Arc<Fuse>) -> Result<(), Fuse> {
        read seen(world) -> Fuse { world.make("+seen") }
        step left(world) -> Fuse { world.make("+left") }
            compensate none
        step a(world, input) -> Fuse { let _ = input; world.make("+a") }
            compensate(world, a) { let _ = a; world.call("-a") }
        step b(world, service) -> Fuse { let _ = service; world.make("+b") }
            compensate(world, b) { let _ = b; world.call("-b") }
        step last(world, seen, left) { let _ = (seen, left); world.call("+last") }
            compensate none
        {
            std::mem::forget((seen, left, a, b));
        }
    }
}

fn verdict(_: &Fuse) -> Verdict {
    Verdict::Transient
}

/// Waits for ever, with something at hand.
async fn slow<T>(name: &'static str) -> T {
    let _at_hand = fuse(name);
    pending().await
}

saga! {
    /// Steps with all that may be dropped on the way.
    #[classify(verdict)]
    #[timeout(1s)]
    #[retry(3, 20ms..20ms, jitter = false)]
    durable saga Row(input: Fuse) with (world: World, service: Arc<Fuse>) -> Result<(), Fuse> {
        read seen(world) -> Fuse { world.make("+seen") }
        #[idempotent]
        step left(world, _key) -> Fuse { world.make("+left") }
            compensate none
        #[idempotent] #[savepoint(1, 20ms..20ms, jitter = false)]
        step a(world, input, _key) -> Fuse {
            let _ = input;
            if world.fails("~a") {
                return slow("~a").await;
            }
            world.make("+a")
        }
            #[retry(3, 20ms..20ms, jitter = false)]
            compensate(world, a) {
                let _ = a;
                if world.fails("*a") {
                    panic_any(fuse("*a"));
                }
                world.call("-a")
            }
        #[idempotent]
        step b(world, service, _key) -> Fuse { let _ = service; world.make("+b") }
            #[retry(3, 20ms..20ms, jitter = false)]
            compensate(world, b) { let _ = b; world.call("-b") }
        #[idempotent]
        step last(world, seen, left, _key) { let _ = (seen, left); world.call("+last") }
            compensate none
        {
            std::mem::forget((seen, left, a, b));
        }
    }
}

saga! {
    /// The same side by side.
    #[classify(verdict)]
    #[timeout(1s)]
    #[retry(3, 20ms..20ms, jitter = false)]
    durable saga Block(input: Fuse) with (world: World, service: Arc<Fuse>) -> Result<(), Fuse> {
        #[idempotent] #[savepoint(1, 20ms..20ms, jitter = false)]
        step before(world, _key) { world.call("+before") }
            compensate(world) { world.call("-before") }
        concurrent {
            read seen(world) -> Fuse { world.make("+seen") }
            #[idempotent]
            step left(world, _key) -> Fuse { world.make("+left") }
                compensate none again
            #[idempotent]
            step a(world, input, _key) -> Fuse {
                let _ = input;
                if world.fails("~a") {
                    return slow("~a").await;
                }
                world.make("+a")
            }
                #[retry(3, 20ms..20ms, jitter = false)]
                compensate(world, a) {
                    let _ = a;
                    if world.fails("*a") {
                        panic_any(fuse("*a"));
                    }
                    world.call("-a")
                }
            #[idempotent]
            step b(world, service, _key) -> Fuse { let _ = service; world.make("+b") }
                #[retry(3, 20ms..20ms, jitter = false)]
                compensate(world, b) { let _ = b; world.call("-b") }
        }
        #[idempotent]
        step last(world, seen, left, _key) { let _ = (seen, left); world.call("+last") }
            compensate none
        {
            std::mem::forget((seen, left, a, b));
        }
    }
}

/// What is dropped somewhere, and which calls fail, and how often, so that it is.
type Case = (&'static str, &'static [(&'static str, u32)]);

/// On the way back, and at its end; nothing is tried again.
const STRAIGHT: &[Case] = &[
    ("a", &[("+last", 9)]),
    ("b", &[("+last", 9)]),
    ("seen", &[("+last", 9)]),
    ("left", &[("+last", 9)]),
    ("input", &[("+last", 9)]),
    ("input", &[]),
    ("-a", &[("+last", 9), ("-a", 1)]),
    // It parks, and nobody looks after it.
    ("b", &[("+last", 9), ("-b", 9)]),
    ("-b", &[("+last", 9), ("-b", 2)]),
];

/// The same where steps are tried again, take too long, panic, and turn.
const MORE: &[Case] = &[
    ("+a", &[("+a", 2)]),
    ("+last", &[("+last", 3)]),
    ("+last", &[("+last", 2)]),
    ("a", &[("+last", 3)]),
    ("a", &[("+b", 3)]),
    ("~a", &[("~a", 2)]),
    ("~a", &[("~a", 9)]),
    ("*a", &[("+last", 9), ("*a", 2)]),
];

/// Two that fail side by side.
const BESIDE: &[Case] = &[
    ("+b", &[("+a", 9), ("+b", 9)]),
    ("+a", &[("+a", 9), ("+b", 9)]),
];

fn words(error: &Error<Fuse>) -> String {
    let mut words = error.to_string();
    for also in error.also() {
        write!(words, "; also {also}").unwrap();
    }
    if let Cause::Panicked(panic) = error.cause() {
        words += panic.message();
    }
    words
}

/// Has `play` play each case without and with the value that panics, which it does at least once.
async fn as_if_nothing_had_panicked(cases: &[Case], play: impl AsyncFn(World) -> String) {
    for (name, failures) in cases {
        let mut told = Vec::new();
        for armed in [None, Some(*name)] {
            let world = World::of(failures);
            arm(armed);
            let end = play(world.clone()).await;
            let off = went_off();
            arm(None);
            assert_eq!(
                off > 0,
                armed.is_some(),
                "`{name}` with {failures:?}: {off}"
            );
            told.push(format!("{}: {end}", world.calls()));
        }
        assert_eq!(told[0], told[1], "`{name}` with {failures:?}");
    }
}

/// The `Result` of a run; what the caller has of it is the caller's, but for the parked saga that an
/// error keeps: it goes with the error, and as quietly as if it had ended.
fn result(result: Result<(), Error<Fuse>>) -> String {
    let words = result
        .as_ref()
        .map_or_else(words, |()| "completed".to_owned());
    match result {
        Err(error) if matches!(error.completeness(), Completeness::Parked(_)) => drop(error),
        result => std::mem::forget(result),
    }
    words
}

macro_rules! awaited {
    ($Saga:ident) => {
        async |world| {
            let (input, service) = (fuse("input"), Arc::new(fuse("service")));
            result($Saga { input }.with(world, service).seed(1).await)
        }
    };
}

#[tokio::test(start_paused = true)]
async fn a01_of_a_straight_run() {
    let straight = async |world| {
        let (input, service) = (fuse("input"), Arc::new(fuse("service")));
        result(Plain { input }.with(world, service).await)
    };
    as_if_nothing_had_panicked(STRAIGHT, straight).await;
}

#[tokio::test(start_paused = true)]
async fn a01_of_a_run_that_tries_again_and_turns() {
    as_if_nothing_had_panicked(STRAIGHT, awaited!(Row)).await;
    as_if_nothing_had_panicked(MORE, awaited!(Row)).await;
}

#[tokio::test(start_paused = true)]
async fn a01_of_siblings() {
    as_if_nothing_had_panicked(STRAIGHT, awaited!(Block)).await;
    as_if_nothing_had_panicked(MORE, awaited!(Block)).await;
    as_if_nothing_had_panicked(BESIDE, awaited!(Block)).await;
}

/// On an engine, which lets a run go whenever it waits.
macro_rules! submitted {
    ($Saga:ident, $Services:ident) => {
        async |world| {
            let service = Arc::new(fuse("service"));
            let builder = Engine::builder(Memory::new()).unload_after(Duration::from_millis(1));
            let services = $Services { world, service };
            let engine = builder.register::<$Saga>(services).start().await.unwrap();
            let input = fuse("input");
            let handle = engine.submit("s", $Saga { input }).await.unwrap();
            let outcome = handle.outcome().await.unwrap();
            assert_eq!(engine.shutdown(Duration::from_secs(1)).await, []);
            let words = match &outcome {
                engine::DurableOutcome::Completed(()) => "completed".to_owned(),
                other => words(other.error().expect("it fails")),
            };
            std::mem::forget(outcome);
            words
        }
    };
}

#[tokio::test(start_paused = true)]
async fn a01_of_a_durable_run() {
    as_if_nothing_had_panicked(STRAIGHT, submitted!(Row, RowServices)).await;
    as_if_nothing_had_panicked(MORE, submitted!(Row, RowServices)).await;
}

#[tokio::test(start_paused = true)]
async fn a01_of_durable_siblings() {
    as_if_nothing_had_panicked(STRAIGHT, submitted!(Block, BlockServices)).await;
    as_if_nothing_had_panicked(MORE, submitted!(Block, BlockServices)).await;
    as_if_nothing_had_panicked(BESIDE, submitted!(Block, BlockServices)).await;
}

/// A service is dropped with the run that had it last.
#[tokio::test(start_paused = true)]
async fn a01_of_services() {
    let cases: &[Case] = &[("service", &[]), ("service", &[("+last", 9)])];
    let plain = async |world| {
        let (input, service) = (fuse("input"), Arc::new(fuse("service")));
        result(Plain { input }.with(world, service).await)
    };
    as_if_nothing_had_panicked(cases, plain).await;
    as_if_nothing_had_panicked(cases, awaited!(Row)).await;
    as_if_nothing_had_panicked(cases, awaited!(Block)).await;
}

/// What has ended tells who waits how, not who drops it.
#[tokio::test(start_paused = true)]
async fn a01_an_outcome_is_told() {
    let world = World::of(&[("+last", 9)]);
    arm(Some("seen"));
    let (input, service) = (fuse("input"), Arc::new(fuse("service")));
    let outcome = Plain { input }.with(world.clone(), service).outcome().await;
    assert_eq!(went_off(), 1);
    arm(None);
    let Outcome::Compensated(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.step(), Some("last"));
    assert_eq!(world.calls(), "+seen +left +a +b +last -b -a");
}
