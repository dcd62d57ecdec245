//! The other side: it counts what it was called for, under which key, and with which content.

#![allow(dead_code, reason = "each program uses a part of it")]

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};
use typed_saga::{Key, Verdict};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trouble(pub(crate) Verdict);

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Trouble {}

#[derive(Clone, Debug, Default)]
pub(crate) struct Desk(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    /// Name, content and key of each call, in order.
    calls: Vec<(&'static str, String, String)>,
    /// What was ordered and stays, by key.
    held: BTreeMap<String, String>,
    /// How often each call still fails.
    fails: BTreeMap<&'static str, usize>,
    /// The answer to the next order is lost, and whoever asks for it gets no answer once.
    loses: bool,
    /// The next order is made, and panics.
    panics: bool,
    quotes: u32,
    doubled: bool,
}

impl Desk {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn fails(&self, call: &'static str, times: usize) {
        self.ledger().fails.insert(call, times);
    }

    pub(crate) fn loses(&self) {
        self.ledger().loses = true;
    }

    pub(crate) fn panics(&self) {
        self.ledger().panics = true;
    }

    /// Another number each time.
    pub(crate) fn quote(&self) -> u32 {
        let mut ledger = self.ledger();
        ledger.quotes += 1;
        ledger.quotes
    }

    /// Orders something that stays.
    pub(crate) fn mail(&self, content: impl fmt::Display, key: &Key) -> Result<(), Trouble> {
        let mut ledger = self.ledger();
        let (content, key) = (content.to_string(), key.to_string());
        ledger.doubled |= ledger.held.contains_key(&key);
        ledger.calls.push(("mail", content.clone(), key.clone()));
        ledger.held.insert(key, content);
        if std::mem::take(&mut ledger.panics) {
            drop(ledger);
            std::panic::resume_unwind(Box::new("after it was ordered"));
        }
        if std::mem::take(&mut ledger.loses) {
            ledger.fails.insert("?mail", 1);
            return Err(Trouble(Verdict::Unknown));
        }
        Ok(())
    }

    /// Whether it was ordered.
    pub(crate) fn asks(&self, key: &Key) -> Result<Option<()>, Trouble> {
        self.call("?mail", key)?;
        Ok(self.ledger().held.contains_key(key.as_str()).then_some(()))
    }

    /// Anything else.
    pub(crate) fn call(&self, name: &'static str, key: &Key) -> Result<(), Trouble> {
        let mut ledger = self.ledger();
        ledger.calls.push((name, String::new(), key.to_string()));
        match ledger.fails.get_mut(name) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(Trouble(Verdict::Transient))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn calls(&self, name: &str) -> usize {
        let ledger = self.ledger();
        ledger.calls.iter().filter(|(of, ..)| *of == name).count()
    }

    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.keys_of("mail")
    }

    fn keys_of(&self, name: &str) -> BTreeSet<String> {
        let ledger = self.ledger();
        let calls = ledger.calls.iter().filter(|(of, ..)| *of == name);
        calls.map(|(.., key)| key.clone()).collect()
    }

    /// In how many rounds it was called.
    pub(crate) fn rounds(&self, name: &str) -> usize {
        self.keys_of(name).len()
    }

    /// How often each key was sent.
    pub(crate) fn mails(&self) -> BTreeMap<String, u32> {
        let mut mails = BTreeMap::new();
        for (name, _, key) in &self.ledger().calls {
            if *name == "mail" {
                *mails.entry(key.clone()).or_default() += 1;
            }
        }
        mails
    }

    pub(crate) fn held(&self) -> usize {
        self.ledger().held.len()
    }

    /// For how many items something stands. (Their numbers are the content, without hundreds.)
    pub(crate) fn standing(&self) -> usize {
        let ledger = self.ledger();
        let numbers = ledger
            .held
            .values()
            .map(|content| content.chars().next_back().expect("a number"));
        numbers.collect::<BTreeSet<_>>().len()
    }

    /// Whether something that stands was ordered once more under its key.
    pub(crate) fn was_doubled(&self) -> bool {
        self.ledger().doubled
    }

    /// Whether a key was used for something else.
    pub(crate) fn changed_its_content(&self) -> bool {
        let ledger = self.ledger();
        let mut contents = BTreeMap::new();
        let mails = ledger.calls.iter().filter(|(name, ..)| *name == "mail");
        mails.fold(false, |changed, (_, content, key)| {
            changed || *contents.entry(key).or_insert(content) != content
        })
    }
}
