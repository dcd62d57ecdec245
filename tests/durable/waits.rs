//! Durable sagas that wait: for a time, and for somebody.

use crate::durable::world::{Trouble, World};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, DurableOutcome, Engine, EngineError, Memory, SagaId, State,
        for_logs::record,
    },
    runtime::{Cancel, Signalled},
    saga,
};

/// What somebody says of an expense.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Decision {
    by: String,
    cents: u32,
}

saga! {
    /// Money that is spent once somebody says so, and the next morning.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Expense(patience: Duration, night: Duration)
    with (world: World)
    -> Result<u32, Trouble>
    {
        #[savepoint(1, 0s..0s)] #[idempotent]
        step hold(world, key) -> u32 { world.call("+hold", key)?; Ok(1) }
            compensate(world, hold, key) { let _ = hold; world.call("-hold", key) }

        #[timeout(patience => *patience)]
        signal approved -> Decision;

        sleep night_is_over(night => *night);

        #[idempotent]
        step pay(world, approved, key) -> u32 { world.call("+pay", key)?; Ok(approved.cents) }
            compensate(world, pay, key) { let _ = pay; world.call("-pay", key) }

        read checked(world, key) { world.call("checked", key) }

        #[timeout(never)]
        signal archived -> ();

        hold + pay
    }
}

const MINUTE: Duration = Duration::from_secs(60);

fn expense() -> Expense {
    Expense {
        patience: 24 * MINUTE,
        night: 8 * MINUTE,
    }
}

fn decision(cents: u32) -> Decision {
    let by = "ada".to_owned();
    Decision { by, cents }
}

fn approved(cents: u32) -> ExpenseSignal {
    ExpenseSignal::Approved(decision(cents))
}

async fn engine(store: &Memory, world: &World) -> Engine {
    let world = world.clone();
    let builder = Engine::builder(store.clone()).register::<Expense>(ExpenseServices { world });
    let builder = builder.unload_after(Duration::from_secs(1));
    builder.start().await.unwrap()
}

/// As a process that ends.
async fn crash(engine: Engine) {
    drop(engine);
    tokio::task::yield_now().await;
}

async fn outcome(engine: &Engine) -> DurableOutcome<Expense> {
    let handle = engine.handle::<Expense>("e").await.unwrap();
    handle.outcome().await.unwrap()
}

async fn begun(store: &Memory, world: &World) -> Engine {
    let engine = engine(store, world).await;
    drop(engine.submit("e", expense()).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    engine
}

async fn why(engine: &Engine) -> (State, String) {
    let status = engine.status(&SagaId::new("Expense", "e")).await.unwrap();
    (status.row.state, status.why)
}

async fn archive(engine: &Engine) -> DurableOutcome<Expense> {
    let sent = engine
        .signal::<Expense>("e", ExpenseSignal::Archived(()))
        .await;
    assert_eq!(sent.unwrap(), Signalled::Accepted);
    outcome(engine).await
}

#[tokio::test(start_paused = true)]
async fn a_signal_is_on_record_and_goes_on_the_next_morning() {
    let (store, world) = (Memory::new(), World::default());
    let engine = begun(&store, &world).await;
    let start = Instant::now();
    let (state, said) = why(&engine).await;
    assert_eq!(state, State::Waiting, "a row, and no memory");
    assert!(
        said.starts_with("expects the signal `approved`: waits until"),
        "{said}"
    );
    assert_eq!(
        engine.signal::<Expense>("e", approved(7)).await.unwrap(),
        Signalled::Accepted
    );
    sleep(Duration::from_secs(1)).await;
    let (state, said) = why(&engine).await;
    assert_eq!(state, State::Waiting);
    assert!(
        said.starts_with("`night_is_over` sleeps: waits until"),
        "{said}"
    );
    sleep(8 * MINUTE).await;
    let (state, said) = why(&engine).await;
    assert_eq!(
        (state, &*said),
        (State::Waiting, "waits for the signal `archived`, forever")
    );
    sleep(30 * MINUTE).await;
    assert!(matches!(
        archive(&engine).await,
        DurableOutcome::Completed(8)
    ));
    assert_eq!(world.calls(), "+hold +pay checked");
    assert!(start.elapsed() > 38 * MINUTE);
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_outlasts_a_crash() {
    let (store, world) = (Memory::new(), World::default());
    let first = begun(&store, &world).await;
    first.signal::<Expense>("e", approved(7)).await.unwrap();
    // Accepted early, too.
    let archived = first
        .signal::<Expense>("e", ExpenseSignal::Archived(()))
        .await;
    assert_eq!(archived.unwrap(), Signalled::Accepted);
    crash(first).await;
    let second = engine(&store, &world).await;
    let same = |same| Signalled::Duplicate { same: Some(same) };
    assert_eq!(
        second.signal::<Expense>("e", approved(7)).await.unwrap(),
        same(true)
    );
    assert_eq!(
        second.signal::<Expense>("e", approved(8)).await.unwrap(),
        same(false)
    );
    sleep(9 * MINUTE).await;
    assert!(matches!(
        outcome(&second).await,
        DurableOutcome::Completed(8)
    ));
    assert_eq!(
        second.signal::<Expense>("e", approved(7)).await.unwrap(),
        same(true)
    );
    assert_eq!(
        second.signal::<Expense>("e", approved(8)).await.unwrap(),
        same(false)
    );
}

#[tokio::test(start_paused = true)]
async fn its_time_counts_while_no_engine_runs() {
    let (store, world) = (Memory::new(), World::default());
    crash(begun(&store, &world).await).await;
    sleep(25 * MINUTE).await;
    let second = engine(&store, &world).await;
    let DurableOutcome::Compensated(error) = outcome(&second).await else {
        panic!("nobody has approved it");
    };
    assert_eq!(
        error.to_string(),
        "step `approved` timed out; everything before it was undone"
    );
    assert_eq!(
        world.calls(),
        "+hold -hold +hold -hold",
        "it has turned once"
    );
    let late = second.signal::<Expense>("e", approved(7)).await.unwrap();
    assert_eq!(late, Signalled::TooLate);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_record_before_the_time_out_is_heard_counts() {
    let (store, world) = (Memory::new(), World::default());
    let first = begun(&store, &world).await;
    crash(first).await;
    // Somebody asks through the store, and nobody is there to answer.
    let store_again = store.clone();
    let request = serde_json::json!({
        "action": { "signal": { "signal": "approved", "value": decision(7) } },
    });
    let id = SagaId::new("Expense", "e");
    let now = typed_saga::engine::for_stores::Clock::system().now();
    typed_saga::engine::ReadStore::send(&store_again, id, request.to_string(), now)
        .await
        .unwrap();
    let second = engine(&store, &world).await;
    sleep(Duration::from_secs(5)).await;
    let (_, said) = why(&second).await;
    assert!(said.starts_with("`night_is_over` sleeps"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_turn_forgets_what_was_taken_and_keeps_what_was_not() {
    let (store, world) = (Memory::new(), World::default());
    world.fails("checked", Trouble(Verdict::Refused, "no".into()));
    let engine = begun(&store, &world).await;
    engine.signal::<Expense>("e", approved(7)).await.unwrap();
    engine
        .signal::<Expense>("e", ExpenseSignal::Archived(()))
        .await
        .unwrap();
    sleep(9 * MINUTE).await;
    assert_eq!(world.calls(), "+hold +pay checked -pay -hold +hold");
    let again = engine.signal::<Expense>("e", approved(9)).await.unwrap();
    assert_eq!(again, Signalled::Accepted, "what it answered was undone");
    assert!(matches!(
        outcome(&engine).await,
        DurableOutcome::Completed(10)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_a_wait_of_a_saga_that_is_not_in_memory() {
    let (store, world) = (Memory::new(), World::default());
    let engine = begun(&store, &world).await;
    let handle = engine.handle::<Expense>("e").await.unwrap();
    assert_eq!(handle.cancel().await.unwrap(), Cancel::Accepted);
    assert!(matches!(
        outcome(&engine).await,
        DurableOutcome::Compensated(_)
    ));
    assert_eq!(world.calls(), "+hold -hold");
    let late = engine.signal::<Expense>("e", approved(7)).await.unwrap();
    assert_eq!(late, Signalled::TooLate);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_does_not_fit_is_an_error_at_the_sender() {
    let (store, world) = (Memory::new(), World::default());
    let engine = begun(&store, &world).await;
    let missing = engine
        .signal::<Expense>("nobody", approved(7))
        .await
        .unwrap();
    assert_eq!(missing, Signalled::NotFound);
    let act = |signal: &str, value: &str| {
        let (signal, value) = (signal.to_owned(), RawValue::from_string(value.to_owned()));
        let action = Action::Signal {
            signal,
            value: value.unwrap(),
        };
        engine.act::<Expense>("e", action, Attribution::new("ada", "asked"))
    };
    let wrong = act("approved", r#"{"by":"ada"}"#).await.unwrap_err();
    assert!(
        matches!(&wrong, EngineError::NoEffect { step, .. } if step == "approved"),
        "{wrong}"
    );
    let wrong = act("hold", "1").await.unwrap_err();
    assert_eq!(wrong.to_string(), "Expense/e: it has no signal `hold`");
    act("approved", r#"{"by":"ada","cents":7}"#).await.unwrap();
    let again = act("approved", r#"{"cents":7,"by":"ada"}"#)
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "Expense/e: `approved` was accepted before"
    );
    let history = engine.history(&SagaId::new("Expense", "e")).await.unwrap();
    let signalled = history
        .iter()
        .find(|entry| entry.record.what == record::RecordKind::Signalled);
    let signalled = &signalled.unwrap().record;
    assert_eq!(signalled.by.as_deref(), Some("ada"));
    assert_eq!(signalled.json(), Some(r#"{"by":"ada","cents":7}"#));
}

#[test]
fn a_signal_is_serde() {
    let signal = ExpenseSignal::Approved(decision(7));
    let json = serde_json::to_string(&signal).unwrap();
    assert_eq!(json, r#"{"approved":{"by":"ada","cents":7}}"#);
    let read: ExpenseSignal = serde_json::from_str(&json).unwrap();
    assert!(matches!(read, ExpenseSignal::Approved(read) if read == decision(7)));
    let read = |text| {
        serde_json::from_str::<ExpenseSignal>(text)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        read(r#"{"paid":1}"#),
        "no signal is called `paid`; there is `approved`, `archived`"
    );
    assert_eq!(read("{}"), "a signal is an object of one field, its name");
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    durable saga Told(asks: bool) with (world: World) -> Result<(), Trouble> {
        #[timeout(never)]
        signal sent -> u32;
        #[when(asks => *asks)]
        #[timeout(never)]
        signal paid -> u32;
        finally(world, outcome) { world.ledger().calls.push(outcome.to_string()); }

        {
            let _ = (sent, paid);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_and_never_taken_is_told_at_the_end() {
    let (store, world) = (Memory::new(), World::default());
    let services = || ToldServices {
        world: world.clone(),
    };
    let first = Engine::builder(store.clone()).register::<Told>(services());
    let first = first.start().await.unwrap();
    first.submit("t", Told { asks: false }).await.unwrap();
    first
        .signal::<Told>("t", ToldSignal::Paid(1))
        .await
        .unwrap();
    crash(first).await;
    let second = Engine::builder(store.clone()).register::<Told>(services());
    let second = second.start().await.unwrap();
    second
        .signal::<Told>("t", ToldSignal::Sent(2))
        .await
        .unwrap();
    let handle = second.handle::<Told>("t").await.unwrap();
    drop(handle.finished().await.unwrap());
    assert_eq!(world.calls(), "completed; not taken: `paid`");
}

/// What it waits for is a night away; the way back is not.
#[tokio::test(start_paused = true)]
async fn a_crash_on_the_way_back_from_a_wait_does_not_wait_for_its_end() {
    let (store, world) = (Memory::new(), World::default());
    let first = begun(&store, &world).await;
    let approved = ExpenseSignal::Approved(decision(7));
    let sent = first.signal::<Expense>("e", approved).await;
    assert_eq!(sent.unwrap(), Signalled::Accepted);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(why(&first).await.0, State::Waiting);
    world.fails("-hold", Trouble(Verdict::Transient, "no line".into()));
    let handle = first.handle::<Expense>("e").await.unwrap();
    assert_eq!(handle.cancel().await.unwrap(), Cancel::Accepted);
    crash(first).await;
    let (second, begins) = (engine(&store, &world).await, Instant::now());
    assert!(matches!(
        outcome(&second).await,
        DurableOutcome::Compensated(_)
    ));
    assert!(begins.elapsed() < MINUTE, "{:?}", begins.elapsed());
    assert_eq!(world.standing(), [""; 0]);
}
