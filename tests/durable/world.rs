//! A small world outside: each call is written down under its key.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use typed_saga::{Failure, Key, Verdict};

/// Why a call fails.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Trouble(pub Verdict, pub Cow<'static, str>);

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }

    /// The same, and a refusal aborts the saga.
    pub(crate) fn refusal_aborts(&self) -> Verdict {
        if self.is_refusal() {
            self.0.abort()
        } else {
            self.0
        }
    }

    fn is_refusal(&self) -> bool {
        self.0 == Verdict::Refused
    }

    /// The `if` of savepoints.
    pub(crate) fn turns(failure: &Failure<Self>) -> bool {
        failure.error().is_none_or(Self::is_refusal)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.1)
    }
}

/// What was called, in order, and what stands under which key.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) calls: Vec<String>,
    pub(crate) standing: BTreeMap<String, &'static str>,
    /// What is to go wrong with a call, in order, by its name.
    pub(crate) trouble: BTreeMap<&'static str, Vec<Trouble>>,
}

impl World {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    pub(crate) fn fails(&self, call: &'static str, trouble: Trouble) {
        self.ledger().trouble.entry(call).or_default().push(trouble);
    }

    /// Calls the world: `+name` puts something up, `-name` takes it down.
    pub(crate) fn call(&self, call: &'static str, key: &Key) -> Result<(), Trouble> {
        self.named(call, key.as_str())
    }

    /// The same, by a name of its own in place of a key.
    pub(crate) fn named(&self, call: &'static str, key: &str) -> Result<(), Trouble> {
        let mut ledger = self.ledger();
        ledger.calls.push(call.to_owned());
        if let Some(trouble) = ledger.trouble.get_mut(call).filter(|left| !left.is_empty()) {
            return Err(trouble.remove(0));
        }
        if let Some(what) = call.strip_prefix('+') {
            ledger.standing.insert(key.to_owned(), what);
        } else if call.starts_with('-') {
            ledger.standing.remove(key);
        }
        Ok(())
    }

    pub(crate) fn calls(&self) -> String {
        self.ledger().calls.join(" ")
    }

    pub(crate) fn standing(&self) -> Vec<&'static str> {
        let mut standing: Vec<_> = self.ledger().standing.values().copied().collect();
        standing.sort_unstable();
        standing
    }
}
