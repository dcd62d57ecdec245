//! What a vendor has done, by idempotency key and by reference. Every change is written to the
//! ledger's file before it is made in memory, and so before it is answered.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use crate::wire::Refusal;

/// One effect, made under one key.
#[derive(Clone)]
pub(crate) struct Entry<R, S> {
    pub(crate) reference: String,
    pub(crate) request: R,
    pub(crate) state: S,
}

/// Why a vendor did not do what it was asked to.
pub(super) enum Declined {
    Refused(Refusal),
    /// The ledger cannot be written.
    Unwritten(io::Error),
}

impl From<io::Error> for Declined {
    fn from(error: io::Error) -> Self {
        Self::Unwritten(error)
    }
}

pub(super) fn refused(reason: &str) -> Declined {
    Declined::Refused(Refusal {
        reason: reason.to_owned(),
    })
}

pub(super) struct Ledger<R, S> {
    prefix: &'static str,
    /// In the order in which they were made; never removed.
    entries: Vec<Entry<R, S>>,
    /// Indices into `entries`.
    by_key: HashMap<String, usize>,
    /// Keys under which nothing is entered any more.
    closed: HashSet<String>,
    path: Option<PathBuf>,
    file: Lines,
}

/// One change, as written to the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line<R, S> {
    Entered { key: String, request: R, state: S },
    Changed { reference: String, state: S },
    Closed { key: String },
}

impl<R, S> Ledger<R, S>
where
    R: Clone + PartialEq + Serialize + DeserializeOwned,
    S: Clone + PartialEq + Serialize + DeserializeOwned,
{
    /// Reads the ledger from its file, if it has one. References are `prefix` and a number.
    pub(super) fn open(prefix: &'static str, path: Option<PathBuf>) -> io::Result<Self> {
        let (file, lines) = Lines::open(path.as_deref())?;
        let mut ledger = Self {
            prefix,
            entries: Vec::new(),
            by_key: HashMap::new(),
            closed: HashSet::new(),
            path,
            file,
        };
        for line in lines {
            ledger.apply(line);
        }
        Ok(ledger)
    }

    /// Enters `request` under `key`, or returns the entry that is already there.
    ///
    /// # Errors
    ///
    /// If `key` is closed, or was used for a different request.
    pub(super) fn enter(
        &mut self,
        key: &str,
        request: &R,
        state: S,
    ) -> Result<&Entry<R, S>, Declined> {
        if self.closed.contains(key) {
            return Err(refused("cancelled before it arrived"));
        }
        if !self.by_key.contains_key(key) {
            self.write(Line::Entered {
                key: key.to_owned(),
                request: request.clone(),
                state,
            })?;
        }
        self.by_key(key)
            .filter(|entry| entry.request == *request)
            .ok_or_else(|| refused("the key belongs to another request"))
    }

    pub(super) fn by_key(&self, key: &str) -> Option<&Entry<R, S>> {
        Some(&self.entries[*self.by_key.get(key)?])
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Entry<R, S>> {
        self.entries
            .iter()
            .find(|entry| entry.reference == reference)
    }

    /// Changes the state of the entry with this reference.
    pub(super) fn change(&mut self, reference: &str, state: S) -> io::Result<()> {
        let as_it_is = |entry: &Entry<R, S>| entry.state == state;
        if self.by_reference(reference).is_some_and(as_it_is) {
            return Ok(());
        }
        self.write(Line::Changed {
            reference: reference.to_owned(),
            state,
        })
    }

    /// Closes `key`: nothing is entered under it any more.
    pub(super) fn close(&mut self, key: &str) -> io::Result<()> {
        if self.closed.contains(key) {
            return Ok(());
        }
        self.write(Line::Closed {
            key: key.to_owned(),
        })
    }

    /// All entries, read again from the file if there is one: an entry only in memory does not
    /// count.
    pub(super) fn entries(&self) -> io::Result<Vec<Entry<R, S>>> {
        match &self.path {
            None => Ok(self.entries.clone()),
            Some(path) => Ok(Self::open(self.prefix, Some(path.clone()))?.entries),
        }
    }

    fn write(&mut self, line: Line<R, S>) -> io::Result<()> {
        self.file.add(&line)?;
        self.apply(line);
        Ok(())
    }

    fn apply(&mut self, line: Line<R, S>) {
        match line {
            Line::Entered {
                key,
                request,
                state,
            } => {
                let at = self.entries.len();
                let reference = format!("{}-{:04}", self.prefix, at + 1);
                self.entries.push(Entry {
                    reference,
                    request,
                    state,
                });
                self.by_key.insert(key, at);
            }
            Line::Changed { reference, state } => {
                let mut entries = self.entries.iter_mut();
                if let Some(entry) = entries.find(|entry| entry.reference == reference) {
                    entry.state = state;
                }
            }
            Line::Closed { key } => {
                self.closed.insert(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use super::*;

    fn ledger() -> Ledger<String, u8> {
        Ledger::open("T", None).unwrap()
    }

    fn enter(ledger: &mut Ledger<String, u8>, key: &str, request: &str) -> Option<String> {
        let entry = ledger.enter(key, &request.to_owned(), 0).ok()?;
        Some(entry.reference.clone())
    }

    #[test]
    fn a_key_has_its_effect_once() {
        let mut ledger = ledger();
        let first = enter(&mut ledger, "k1", "room");
        assert!(first.is_some());
        assert_eq!(enter(&mut ledger, "k1", "room"), first);
        assert_eq!(ledger.entries().unwrap().len(), 1);
    }

    #[test]
    fn a_key_belongs_to_one_request() {
        let mut ledger = ledger();
        assert!(enter(&mut ledger, "k1", "room").is_some());
        assert!(enter(&mut ledger, "k1", "suite").is_none());
        assert!(enter(&mut ledger, "k2", "suite").is_some());
    }

    #[test]
    fn a_closed_key_admits_nothing_late() {
        let mut ledger = ledger();
        ledger.close("k1").unwrap();
        assert!(enter(&mut ledger, "k1", "room").is_none());
        assert!(ledger.entries().unwrap().is_empty());
    }

    #[test]
    fn a_file_keeps_it_all() {
        let path = env::temp_dir().join(format!("saga-trip-{}-ledger.jsonl", process::id()));
        let open = || Ledger::<String, u8>::open("T", Some(path.clone())).unwrap();
        let mut first = open();
        let reference = enter(&mut first, "k1", "room").unwrap();
        first.change(&reference, 1).unwrap();
        first.close("k2").unwrap();
        let mut second = open();
        assert_eq!(enter(&mut second, "k1", "room"), Some(reference));
        assert_eq!(second.by_key("k1").unwrap().state, 1);
        assert!(enter(&mut second, "k2", "room").is_none());
        assert_eq!(enter(&mut second, "k3", "room").as_deref(), Some("T-0002"));
        fs::remove_file(&path).unwrap();
    }
}
