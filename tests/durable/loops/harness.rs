//! What the tests of durable loops run sagas with: the other side, and processes that end.

use crate::durable::{lives::lives, world::Trouble};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::Notify;
use typed_saga::{
    Key, Verdict,
    engine::{DurableOutcome, Engine, Memory},
    runtime::{Durable, Services},
};

/// The other side: what was called, under which key, and what stands there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stock(Arc<Mutex<Ledger>>, pub(crate) Arc<Notify>);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) standing: BTreeMap<String, String>,
    trouble: BTreeMap<String, Vec<Trouble>>,
    /// The call that ends its process.
    pub(crate) kills: Option<String>,
}

impl Stock {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    pub(crate) fn of(script: Script) -> Self {
        let stock = Self::default();
        for (call, times, verdict) in script {
            let trouble = vec![Trouble(*verdict, "on purpose".into()); *times];
            stock.ledger().trouble.insert((*call).to_owned(), trouble);
        }
        stock
    }

    /// `+name` puts something up, `-name` takes it down.
    pub(crate) async fn call(&self, call: String, key: &Key) -> Result<(), Trouble> {
        // So that calls of several items overlap.
        tokio::time::sleep(Duration::from_millis(10)).await;
        if self.ledger().kills.as_ref() == Some(&call) {
            self.1.notify_one();
            pending::<()>().await;
        }
        let mut ledger = self.ledger();
        ledger.calls.push((call.clone(), key.to_string()));
        if let Some(trouble) = ledger
            .trouble
            .get_mut(&call)
            .filter(|left| !left.is_empty())
        {
            return Err(trouble.remove(0));
        }
        if let Some(what) = call.strip_prefix('+') {
            ledger.standing.insert(key.to_string(), what.to_owned());
        } else if call.starts_with('-') {
            ledger.standing.remove(key.as_str());
        }
        Ok(())
    }

    /// Whether something stands there.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.ledger().standing.contains_key(key.as_str())
    }

    pub(crate) fn standing(&self) -> Vec<String> {
        let mut standing: Vec<_> = self.ledger().standing.values().cloned().collect();
        standing.sort_unstable();
        standing
    }

    /// Whether this call was made twice under one key.
    pub(crate) fn repeats(&self, call: &str) -> bool {
        let ledger = self.ledger();
        let mut keys = BTreeSet::new();
        let mut made = ledger.calls.iter().filter(|made| made.0 == call);
        made.any(|made| !keys.insert(&made.1))
    }

    /// The keys of what was called, by what it puts up, takes down or asks for.
    pub(crate) fn keys(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
        for (call, key) in &self.ledger().calls {
            let what = call[1..].to_owned();
            keys.entry(what).or_default().insert(key.clone());
        }
        keys
    }
}

/// What goes wrong: names of calls, how often, and how.
pub(crate) type Script = &'static [(&'static str, usize, Verdict)];

/// A saga, and what it is run with.
pub(crate) struct Case<S, V> {
    pub(crate) saga: fn() -> S,
    pub(crate) services: fn(Stock) -> V,
}

impl<S, V> Clone for Case<S, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, V> Copy for Case<S, V> {}

/// What became of a saga.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) stock: Stock,
    /// How it ended, in words.
    pub(crate) ended: String,
    /// How many writes each process made.
    pub(crate) writes: Vec<u64>,
    pub(crate) memory: Memory,
}

/// Runs a saga in processes that end at these writes, and then to its end.
pub(crate) fn live<S, V>(case: Case<S, V>, script: Script, crashes: &[(bool, u64)]) -> Life
where
    S: Durable<Error = Trouble, Output: std::fmt::Debug>,
    V: Services<S>,
{
    live_on(case, Memory::new(), Stock::of(script), crashes)
}

/// The same, of what is there already.
pub(crate) fn live_on<S, V>(
    case: Case<S, V>,
    memory: Memory,
    stock: Stock,
    crashes: &[(bool, u64)],
) -> Life
where
    S: Durable<Error = Trouble, Output: std::fmt::Debug>,
    V: Services<S>,
{
    let mut ended = None;
    let writes = lives(&memory, crashes, async |store| {
        let services = (case.services)(stock.clone());
        let builder = Engine::builder(store).register::<S>(services);
        let builder = builder.unload_after(Duration::from_millis(500));
        let engine = builder.start().await.unwrap();
        let handle = engine.submit("order-42", (case.saga)()).await.unwrap();
        ended = Some(match handle.outcome().await.unwrap() {
            DurableOutcome::Completed(output) => format!("{output:?}"),
            other => {
                let error = other.error().expect("it fails");
                format!("{:?} {:?}", error.path(), error.completeness())
            }
        });
        drop(engine.shutdown(Duration::from_secs(60)).await);
    });
    let ended = ended.expect("the last process lives");
    Life {
        stock,
        ended,
        writes,
        memory,
    }
}
