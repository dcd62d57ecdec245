//! The records of one saga, as its log returns them.

use crate::store::{
    Change, Claim, Commit, DefinitionRow, Epoch, Life, Row, SagaId, State, Stored, Time,
};
use std::sync::Arc;
use thiserror::Error;

/// A commit as a [`SoloRun`](super::SoloRun) passes it to its caller, with everything that is
/// recorded with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The commit.
    pub commit: Commit,
    /// The change of the saga's state that goes with the commit.
    pub change: Option<Change>,
    /// The saga that starts with the commit.
    pub begins: Option<Box<Begins>>,
    /// The definition that applies from here on, as JSON, if it is the first or has changed.
    pub definition: Option<String>,
    /// Whether the saga waits for a signal: if one has arrived by now,
    /// [release](super::SoloRun::release) the run, and send the signal to the saga.
    pub listens: bool,
}

/// A saga that starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begins {
    /// Its inputs, as canonical JSON.
    pub input: String,
    /// The fingerprint of its definition.
    pub fingerprint: u64,
    /// Its life, if it has one.
    pub life: Option<Life>,
}

impl Written {
    /// A commit with these parts, as the log returned them.
    #[must_use]
    pub fn of(
        commit: Commit,
        change: Option<Change>,
        begins: Option<Box<Begins>>,
        definition: Option<String>,
    ) -> Self {
        Self {
            commit,
            change,
            begins,
            definition,
            listens: false,
        }
    }

    /// Whether the saga rests after this commit: `Some(Some(t))` until `t`, `Some(None)`
    /// indefinitely, `None` if it continues.
    #[must_use]
    pub fn rests(&self) -> Option<Option<Time>> {
        match self.change.as_ref()?.claim {
            Claim::Keep => None,
            Claim::Until(until) => Some(Some(until)),
            Claim::Rest => Some(None),
        }
    }
}

/// Everything recorded about one saga, in order.
#[derive(Clone, Debug)]
pub struct Tape {
    pub(super) stored: Stored,
    /// The definitions under which the saga was run; the last one is the one that the row names.
    pub(super) definitions: Vec<DefinitionRow>,
}

/// The error of a commit that does not follow the existing ones.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("commit {seq} does not follow the {there} that are there")]
pub struct Unfitting {
    /// The number of the commit.
    pub seq: u64,
    /// The number of existing commits.
    pub there: u64,
}

/// A tape has one owner, who never changes.
const EPOCH: Epoch = Epoch(0);

impl Tape {
    /// The tape of a saga that begins with this commit.
    ///
    /// # Errors
    /// [`Unfitting`] if it is not the first commit of a saga.
    pub fn begin(saga: SagaId, first: &Written) -> Result<Self, Unfitting> {
        let seq = first.commit.seq;
        let unfitting = Unfitting { seq, there: 0 };
        let (Some(begins), Some(json)) = (&first.begins, &first.definition) else {
            return Err(unfitting);
        };
        let Begins {
            input,
            fingerprint,
            life,
        } = &**begins;
        let at = first.commit.at;
        let definition = DefinitionRow {
            saga: saga.saga.clone(),
            fingerprint: *fingerprint,
            json: json.clone(),
        };
        let row = Row {
            saga,
            input: input.clone(),
            fingerprint: *fingerprint,
            state: State::Running,
            due: Some(at),
            claimed: Some(EPOCH),
            turn: None,
            life: *life,
            created: at,
            updated: at,
            commits: 0,
            takeovers: 0,
            unreadable: None,
        };
        let commits = Vec::new();
        let stored = Stored { row, commits };
        let definitions = vec![definition];
        let mut tape = Self {
            stored,
            definitions,
        };
        tape.push(first)?;
        Ok(tape)
    }

    /// Appends a commit. If the commit exists already, with the same text, nothing changes.
    ///
    /// # Errors
    /// [`Unfitting`] if the existing commit is different, or earlier commits are missing.
    pub fn push(&mut self, written: &Written) -> Result<(), Unfitting> {
        let Stored { row, commits } = &mut self.stored;
        let (commit, there) = (&written.commit, row.commits);
        if commit.seq != there {
            let same = commits.iter().find(|there| there.seq == commit.seq);
            let same = same.is_some_and(|there| there.records == commit.records);
            let seq = commit.seq;
            return if same {
                Ok(())
            } else {
                Err(Unfitting { seq, there })
            };
        }
        if let Some(change) = &written.change {
            row.state = change.state;
            row.fingerprint = change.fingerprint.unwrap_or(row.fingerprint);
            row.due = match change.claim {
                Claim::Keep => Some(row.due.map_or(commit.at, |due| due.min(commit.at))),
                Claim::Until(due) => Some(due),
                Claim::Rest => None,
            };
        }
        if let Some(json) = &written.definition {
            self.definitions.push(DefinitionRow {
                saga: Arc::clone(&row.saga.saga),
                fingerprint: row.fingerprint,
                json: json.clone(),
            });
        }
        row.updated = commit.at;
        row.commits += 1;
        commits.push(commit.clone());
        Ok(())
    }

    /// The saga with its journal.
    #[must_use]
    pub fn stored(&self) -> &Stored {
        &self.stored
    }
}
