//! Calls that do not end by themselves: each has a limit, is seen when it exceeds that by far, and
//! can be taken into one's own hands.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};
use typed_saga::{
    Observer, Recording,
    definition::{Definition, parts::Timing},
    engine::{
        Action, Attribution, DurableOutcome, Engine, EngineError, Memory, SagaId, Settled, State,
    },
    runtime::CallKind,
    saga,
};

/// How often each call was made that hangs; the first `hangs` do.
#[derive(Clone, Default)]
struct Side {
    calls: Arc<AtomicUsize>,
    hangs: usize,
}

impl Side {
    fn of(hangs: usize) -> Self {
        let calls = Arc::default();
        Self { calls, hangs }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn call(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.hangs {
            pending::<()>().await;
        }
    }
}

saga! {
    #[classify(typed_saga::transient)]
    durable saga HungUndo() with (side: Side) -> Result<(), String> {
        #[timeout(100ms)] #[idempotent]
        step paid(key) -> u32 { let _ = key; Ok(1) }
            compensate(side, paid) {
                let _ = paid;
                side.call().await;
                Ok(())
            }

        #[timeout(100ms)] #[idempotent]
        pivot sent(key) { let _ = key; Err("no".to_owned()) }

        ()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    durable saga HungResolve() with (side: Side) -> Result<(), String> {
        #[timeout(100ms)] #[late(0s)]
        step paid() -> u32 { pending().await }
            resolve(side) { side.call().await; Ok(Some(7)) }
            compensate(paid) { let _ = paid; Ok(()) }

        ()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    durable saga HungFallback() with (side: Side) -> Result<u32, String> {
        #[timeout(100ms)]
        read rate() -> u32 { Err("no".to_owned()) }
            fallback(side) { side.call().await; Ok(1) }

        rate
    }
}

async fn engine(store: &Memory, side: &Side, heard: &Recording) -> Engine {
    let side = || side.clone();
    let builder = Engine::builder(store.clone())
        .register::<HungUndo>(HungUndoServices { side: side() })
        .register::<HungResolve>(HungResolveServices { side: side() })
        .register::<HungFallback>(HungFallbackServices { side: side() });
    builder.observe(heard.clone()).start().await.unwrap()
}

fn somebody() -> Attribution {
    Attribution::new("ada", "the other side is gone")
}

fn stuck(heard: &Recording) -> usize {
    let lines = heard.lines();
    lines
        .iter()
        .filter(|line| line.contains("is stuck"))
        .count()
}

#[tokio::test(start_paused = true)]
async fn a03_a_clause_of_a_durable_saga_is_given_up_when_the_limit_of_its_step_has_passed() {
    let (store, side, heard) = (Memory::new(), Side::of(1), Recording::default());
    let engine = engine(&store, &side, &heard).await;
    let undo = engine.submit("u", HungUndo {}).await.unwrap();
    let outcome = undo.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(side.calls(), 2);

    let (store, side) = (Memory::new(), Side::of(1));
    let engine = self::engine(&store, &side, &heard).await;
    let resolve = engine.submit("r", HungResolve {}).await.unwrap();
    let outcome = resolve.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    assert_eq!(side.calls(), 2);

    let (store, side) = (Memory::new(), Side::of(1));
    let engine = self::engine(&store, &side, &heard).await;
    let fallback = engine.submit("f", HungFallback {}).await.unwrap();
    let outcome = fallback.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(side.calls(), 1);
}

/// A saga whose compensation has hung ten times, and waits.
async fn hung(engine: &Engine, side: &Side) -> String {
    let handle = engine.submit("u", HungUndo {}).await.unwrap();
    while side.calls() < 10 || handle.status().await.unwrap().row.state != State::Waiting {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    handle.status().await.unwrap().why
}

#[tokio::test(start_paused = true)]
async fn a03_a_hung_compensation_is_stuck_at_the_tenth_failure_and_settled_while_it_waits() {
    let (store, side, heard) = (Memory::new(), Side::of(usize::MAX), Recording::default());
    let engine = engine(&store, &side, &heard).await;
    let why = hung(&engine, &side).await;
    let stands = "stuck: the compensation of `paid` has failed ";
    assert!(why.starts_with(stands), "{why}");
    assert!(
        why.contains(" in a row, last: timed out; waits until"),
        "{why}"
    );
    assert_eq!(stuck(&heard), 1);
    let handle = engine.handle::<HungUndo>("u").await.unwrap();
    let settled = engine.settle::<HungUndo>("u", "paid", Settled::Undone, somebody());
    settled.await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a03_a_saga_that_waits_is_abandoned() {
    let (store, side, heard) = (Memory::new(), Side::of(usize::MAX), Recording::default());
    let engine = engine(&store, &side, &heard).await;
    hung(&engine, &side).await;
    let handle = engine.handle::<HungUndo>("u").await.unwrap();
    let plan = engine
        .plan::<HungUndo>("u", &Action::Abandon)
        .await
        .unwrap();
    assert_eq!(plan.to_string(), "then it is abandoned");
    engine.abandon::<HungUndo>("u", somebody()).await.unwrap();
    let calls = side.calls();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Abandoned { .. }),
        "{outcome:?}"
    );
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(side.calls(), calls, "nothing of it runs any more");
    let resumed = engine.resume::<HungUndo>("u", somebody()).await;
    assert!(
        matches!(resumed, Err(EngineError::Refused { .. })),
        "{resumed:?}"
    );
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(9s)]
    durable saga Limits() -> Result<(), String> {
        #[timeout(1s)] #[late(0s)]
        step both() -> u32 { Ok(1) }
            #[timeout(2s)]
            resolve() { Ok(None) }
            #[timeout(3s)]
            compensate(both) { let _ = both; Ok(()) }

        #[timeout(1s)] #[late(0s)]
        step own() -> u32 { Ok(1) }
            resolve() { Ok(None) }
            compensate(own) { let _ = own; Ok(()) }

        #[late(0s)]
        step default() -> u32 { Ok(1) }
            resolve() { Ok(None) }
            compensate(default) { let _ = default; Ok(()) }

        #[timeout(1s)]
        read _read() -> u32 { Ok(1) }
            fallback() { Ok(1) }

        read _other_read() -> u32 { Ok(1) }
            fallback() { Ok(1) }
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(9s)]
    saga PlainLimits() -> Result<(), String> {
        #[timeout(1s)] #[late(0s)]
        step both() -> u32 { Ok(1) }
            #[timeout(2s)]
            resolve() { Ok(None) }
            #[timeout(3s)]
            compensate(both) { let _ = both; Ok(()) }

        #[timeout(1s)] #[late(0s)]
        step own() -> u32 { Ok(1) }
            resolve() { Ok(None) }
            compensate(own) { let _ = own; Ok(()) }

        #[timeout(1s)]
        read _read() -> u32 { Ok(1) }
            fallback() { Ok(1) }
    }
}

/// The limits of a saga's calls in seconds: of each step's action, `resolve`, compensation and
/// fallback.
fn limits(definition: &Definition) -> Vec<[u64; 4]> {
    let seconds = |timing: Option<&Timing>| timing.map_or(0, |timing| timing.get().as_secs());
    let steps = definition.steps.iter().map(|step| {
        let limit = |call: CallKind| seconds(call.limit(step));
        [
            CallKind::Action,
            CallKind::Resolve,
            CallKind::Compensate,
            CallKind::Fallback,
        ]
        .map(limit)
    });
    steps.collect()
}

#[test]
fn a03_a_clause_has_its_own_limit_or_its_steps_or_the_sagas() {
    assert_eq!(
        limits(&Limits::DEFINITION),
        [
            [1, 2, 3, 0],
            [1, 1, 1, 0],
            [9, 9, 9, 0],
            [1, 0, 0, 1],
            [9, 0, 0, 9]
        ]
    );
}

#[test]
fn a03_in_a_plain_saga_the_limit_of_a_step_is_its_actions_alone() {
    assert_eq!(
        limits(&PlainLimits::DEFINITION),
        [[1, 2, 3, 0], [1, 9, 9, 0], [1, 0, 0, 9]]
    );
}

/// Blocks the thread of its caller until it is released.
#[derive(Clone)]
struct Blocker(Arc<Mutex<mpsc::Receiver<()>>>);

saga! {
    #[classify(typed_saga::transient)]
    durable saga Blocked() with (blocker: Blocker) -> Result<u32, String> {
        #[timeout(20ms)]
        read held(blocker) -> u32 { let _ = blocker.0.lock().unwrap().recv(); Ok(1) }

        held
    }
}

/// Says when something is stuck.
struct Stuck(mpsc::Sender<String>);

impl Observer for Stuck {
    fn stuck(&self, step: &typed_saga::Context<'_>) {
        let what = format!("{}/{} {}", step.saga(), step.id().as_str(), step.step());
        self.0.send(what).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a03_a_call_that_blocks_its_thread_for_ten_times_its_limit_is_stuck() {
    let (release, blocker) = mpsc::channel();
    let (stuck, heard) = mpsc::channel();
    let blocker = Blocker(Arc::new(Mutex::new(blocker)));
    let builder = Engine::builder(Memory::new()).register::<Blocked>(BlockedServices { blocker });
    let engine = builder.observe(Stuck(stuck)).start().await.unwrap();
    let handle = engine.submit("b", Blocked {}).await.unwrap();
    let heard = tokio::task::spawn_blocking(move || (heard.recv().unwrap(), heard));
    let (what, heard) = heard.await.unwrap();
    assert_eq!(what, "Blocked/b held");
    let why = engine
        .status(&SagaId::new("Blocked", "b"))
        .await
        .unwrap()
        .why;
    let says = "stuck: `held` has run for more than ten times its limit of 20ms; runs `held`, ";
    assert!(why.starts_with(says), "{why}");
    release.send(()).unwrap();
    assert!(matches!(
        handle.outcome().await.unwrap(),
        DurableOutcome::Completed(1)
    ));
    assert!(heard.try_recv().is_err(), "it is told once");
}

static ASKS: OnceLock<Engine> = OnceLock::new();

/// A limit that depends on what the engine says.
fn asked() -> Duration {
    let calm = ASKS
        .get()
        .is_none_or(|engine| engine.unreadable().is_empty());
    Duration::from_secs(if calm { 5 } else { 6 })
}

saga! {
    #[classify(typed_saga::transient)]
    durable saga Asking() with (side: Side) -> Result<(), String> {
        #[timeout(asked())] #[idempotent]
        step paid(side, key) {
            let _ = key;
            side.call().await;
            Ok(())
        }
            compensate none
        ()
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_may_ask_the_engine() {
    // The call goes on for some looks at what runs for too long.
    let (side, heard) = (Side::of(1), Recording::default());
    let services = AskingServices { side: side.clone() };
    let builder = Engine::builder(Memory::new()).register::<Asking>(services);
    let engine = builder.observe(heard).start().await.unwrap();
    drop(ASKS.set(engine.clone()));
    let handle = engine.submit("q", Asking {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
}
