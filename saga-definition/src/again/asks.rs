//! What a saga asks of its child sagas.

use super::renewal::{Begin, REST, Renewal};
use crate::{
    definition::Definition,
    text::{Text, fnv_1a},
};

/// What a parent asks of a child saga that it may run more than once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ask {
    /// It may run again after it was undone, apart from what remains of it.
    Again,
    /// It may then be given another value for this input; for [`REST`], for any.
    Input(Text),
    /// It may then be the saga of another item of a loop.
    Items,
}

impl Ask {
    /// Whether this input may have another value.
    pub(super) fn changes(input: &str, other: &str) -> bool {
        input == other || input == REST
    }

    /// A number for generated code, in which an input's name cannot be written.
    #[doc(hidden)]
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Again => 0,
            Self::Items => 1,
            Self::Input(name) => fnv_1a(name.as_bytes()),
        }
    }
}

impl Definition {
    /// What the saga asks of its child sagas on its own account: because it retries them, runs them
    /// after its pivot, or has a savepoint at or before them. With the index of each child's step.
    #[must_use]
    pub fn asks(&self) -> Vec<(u16, Ask)> {
        let mut asks = Vec::new();
        let retried = self.renewal(Begin::Savepoint(u16::MAX), &|_| false);
        for step in retried.steps() {
            if self.is_attempted_again(step) {
                asks.extend(retried.asks_again(step));
            }
        }
        for savepoint in self.savepoints() {
            let renewal = self.renewal(Begin::Savepoint(savepoint), &|_| false);
            let own = renewal.asks().into_iter();
            asks.extend(own.filter(|(step, _)| self.savepoint_of(*step) == Some(savepoint)));
        }
        sorted(asks)
    }

    /// What the saga, a child, asks of its own child sagas if its parent asks this of it.
    #[must_use]
    pub fn asks_for(&self, ask: &Ask) -> Vec<(u16, Ask)> {
        let asks = match ask {
            Ask::Again => self.renewal(Begin::Undone, &|_| false).asks(),
            Ask::Items => {
                let renewal = self.renewal(Begin::Undone, &|_| false);
                let steps = renewal.children();
                steps.map(|step| (step, Ask::Items)).collect()
            }
            // What is asked anyway is asked with `Again`.
            Ask::Input(input) => {
                let anyway = self.asks_for(&Ask::Again);
                let changed = |other: &str| Ask::changes(input, other);
                let mut asks = self.renewal(Begin::Undone, &changed).asks();
                asks.retain(|ask| !anyway.contains(ask));
                asks
            }
        };
        sorted(asks)
    }
}

impl Renewal<'_> {
    /// The steps that are child sagas, or loops of child sagas.
    fn children(&self) -> impl Iterator<Item = u16> + '_ {
        self.steps()
            .filter(|step| self.step(*step).acting().child.is_some())
    }

    /// What this rerun asks of the child sagas.
    fn asks(&self) -> Vec<(u16, Ask)> {
        let mut asks = Vec::new();
        let is_child = |step: &u16| self.step(*step).acting().child.is_some();
        for step in self.renewed().filter(is_child) {
            // It may have failed, and what remains of it is there.
            asks.extend(self.asks_again(step));
            if !self.keeps_list(step) {
                asks.push((step, Ask::Items));
            }
        }
        asks
    }

    /// What a step asks of its child saga that begins again.
    fn asks_again(&self, step: u16) -> Vec<(u16, Ask)> {
        let Some(child) = &self.step(step).acting().child else {
            return Vec::new();
        };
        let given = child.given.iter().map(|given| &given.name);
        let others = given.filter(|input| !self.gives_same(step, input));
        let others = others.map(|input| (step, Ask::Input(input.clone())));
        [(step, Ask::Again)].into_iter().chain(others).collect()
    }
}

fn sorted(mut asks: Vec<(u16, Ask)>) -> Vec<(u16, Ask)> {
    asks.sort();
    asks.dedup();
    asks
}
