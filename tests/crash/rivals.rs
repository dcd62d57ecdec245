//! Two other sagas that need keys of a saga: one has the first key before the saga requests it, and one
//! requests the last key after the saga has.

use crate::crash::{
    queue::at_once,
    sagas::{Account, with_deadline},
    world::{No, World},
};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    engine::{
        DurableOutcome, Engine, EngineError, Filter, Handle, Memory, ReadStore, SagaId, State,
        StoreError, for_stores::LockFilter,
    },
    runtime::Durable,
    saga,
};

saga! {
    /// Has a key for so many milliseconds.
    #[classify(No::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Rival(account: u64, millis: u64) with (world: World) -> Result<(), No> {
        #[timeout(never)]
        lock locked(account => Account(*account)) -> Account;
        sleep works(world, millis => world.stays(*millis));
    }
}

const BEFORE: &str = "before";
const AFTER: &str = "after";

impl World {
    /// Whoever has a key keeps it for so long.
    fn stays(&self, millis: u64) -> Duration {
        self.core().check_keys();
        Duration::from_millis(millis)
    }
}

impl Rival {
    fn before(has_it: Duration) -> Self {
        let millis = has_it.as_millis().try_into().unwrap_or(u64::MAX);
        Self { account: 1, millis }
    }

    fn after() -> Self {
        let (account, millis) = (2, 1);
        Self { account, millis }
    }
}

/// Whether it has ended, without asking an engine.
pub(crate) fn has_ended(memory: &Memory, saga: &SagaId) -> bool {
    let rows = at_once(memory.list(Filter::of(saga.clone())));
    let ends = [State::Completed, State::Compensated];
    rows.iter().any(|row| ends.contains(&row.state))
}

/// Waits until a saga is in line, or has ended.
async fn in_line(memory: &Memory, saga: &SagaId) {
    let is_in_line = || !at_once(memory.locks(LockFilter::of(saga.clone()))).is_empty();
    while !(is_in_line() || has_ended(memory, saga)) {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Has the first key for so long, unless that is over, before anything else is submitted.
pub(crate) async fn goes_before(engine: &Engine, memory: &Memory, has_it: Duration) {
    if !has_it.is_zero() {
        submit(engine, BEFORE, || Rival::before(has_it), None).await;
        in_line(memory, &id(BEFORE)).await;
    }
}

/// Wants the last key once the saga is in line.
pub(crate) async fn goes_after(engine: &Engine, memory: &Memory, saga: &SagaId) {
    in_line(memory, saga).await;
    submit(engine, AFTER, Rival::after, None).await;
}

/// Waits for both to end, once the saga has ended. Says what is wrong.
pub(crate) async fn both_end(engine: &Engine, memory: &Memory, has_it: Duration) -> Option<String> {
    let waits_on = !has_it.is_zero() && !has_ended(memory, &id(BEFORE));
    let after = submit(engine, AFTER, Rival::after, None).await?;
    let Ok(DurableOutcome::Completed(())) = after.outcome().await else {
        return Some("whoever comes after it does not complete".to_owned());
    };
    if waits_on && has_ended(memory, &id(BEFORE)) {
        return Some("it gave its place up, and nobody had it".to_owned());
    }
    if !has_it.is_zero() {
        let before = submit(engine, BEFORE, || Rival::before(has_it), None).await?;
        let Ok(DurableOutcome::Completed(())) = before.outcome().await else {
            return Some("whoever came before it does not complete".to_owned());
        };
    }
    None
}

fn id(name: &str) -> SagaId {
    SagaId::new("Rival", name)
}

/// Submits a saga, unless the engine has stopped.
pub(crate) async fn submit<S: Durable>(
    engine: &Engine,
    id: &str,
    saga: impl Fn() -> S,
    deadline: Option<Duration>,
) -> Option<Handle<S>> {
    loop {
        match with_deadline(engine.submit(id, saga()), deadline).await {
            Ok(handle) => return Some(handle),
            Err(EngineError::Store(StoreError::Unavailable { .. })) => {
                sleep(Duration::from_secs(1)).await;
            }
            Err(EngineError::Stopped { .. }) => return None,
            Err(error) => panic!("{error}"),
        }
    }
}
