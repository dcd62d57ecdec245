//! What a vendor has done, by idempotency key and by reference.

use std::collections::{HashMap, HashSet};

use crate::wire::Refusal;

/// One thing done for one key.
#[derive(Clone)]
pub(crate) struct Entry<R, S> {
    pub(crate) reference: String,
    pub(crate) request: R,
    pub(crate) state: S,
}

pub(super) struct Ledger<R, S> {
    prefix: &'static str,
    /// In the order in which they were made; never taken out.
    entries: Vec<Entry<R, S>>,
    /// The places of `entries`.
    by_key: HashMap<String, usize>,
    /// Nothing is entered any more under these.
    closed: HashSet<String>,
}

impl<R: PartialEq, S> Ledger<R, S> {
    /// References will read `prefix` and a number.
    pub(super) fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            entries: Vec::new(),
            by_key: HashMap::new(),
            closed: HashSet::new(),
        }
    }

    /// Enters `request` under `key`, or finds what was entered before.
    ///
    /// # Errors
    ///
    /// Refuses a closed key, and one that came with another request before.
    pub(super) fn enter(
        &mut self,
        key: &str,
        request: R,
        state: S,
    ) -> Result<&mut Entry<R, S>, Refusal> {
        if self.closed.contains(key) {
            return Err(refusal("cancelled before it arrived"));
        }
        let at = match self.by_key.get(key) {
            Some(&at) if self.entries[at].request == request => at,
            Some(_) => return Err(refusal("the key belongs to another request")),
            None => self.push(key, request, state),
        };
        Ok(&mut self.entries[at])
    }

    pub(super) fn by_key(&mut self, key: &str) -> Option<&mut Entry<R, S>> {
        let at = *self.by_key.get(key)?;
        Some(&mut self.entries[at])
    }

    pub(super) fn by_reference(&mut self, reference: &str) -> Option<&mut Entry<R, S>> {
        self.entries
            .iter_mut()
            .find(|entry| entry.reference == reference)
    }

    /// From now on nothing is entered under `key`.
    pub(super) fn close(&mut self, key: &str) {
        self.closed.insert(key.to_owned());
    }

    fn push(&mut self, key: &str, request: R, state: S) -> usize {
        let at = self.entries.len();
        self.entries.push(Entry {
            reference: format!("{}-{:04}", self.prefix, at + 1),
            request,
            state,
        });
        self.by_key.insert(key.to_owned(), at);
        at
    }
}

impl<R: Clone, S: Clone> Ledger<R, S> {
    pub(super) fn entries(&self) -> Vec<Entry<R, S>> {
        self.entries.clone()
    }
}

pub(super) fn refusal(reason: &str) -> Refusal {
    Refusal {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_effect_once() {
        let mut ledger = Ledger::new("T");
        let first = ledger
            .enter("k1", "room", ())
            .ok()
            .unwrap()
            .reference
            .clone();
        let again = ledger
            .enter("k1", "room", ())
            .ok()
            .unwrap()
            .reference
            .clone();
        assert_eq!(first, again);
        assert_eq!(ledger.entries().len(), 1);
    }

    #[test]
    fn a_key_belongs_to_one_request() {
        let mut ledger = Ledger::new("T");
        assert!(ledger.enter("k1", "room", ()).is_ok());
        assert!(ledger.enter("k1", "suite", ()).is_err());
        assert!(ledger.enter("k2", "suite", ()).is_ok());
    }

    #[test]
    fn a_closed_key_admits_nothing_late() {
        let mut ledger = Ledger::new("T");
        ledger.close("k1");
        assert!(ledger.enter("k1", "room", ()).is_err());
        assert!(ledger.entries().is_empty());
    }
}
