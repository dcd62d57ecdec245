//! A journal as a list of its records, each decoded once.

use super::{
    error::{FoldError, Reason},
    record::{self, Record, RecordError, RecordKind},
};
use crate::store::{Commit, Row, Time};

/// One record of a saga's journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The number of the commit that contains the record.
    pub seq: u64,
    /// The position of the record in the commit, from 0.
    pub place: usize,
    /// When the commit was written.
    pub at: Time,
    /// The record.
    pub record: Record,
}

impl Entry {
    /// The records of a commit, in order.
    ///
    /// # Errors
    /// If the commit cannot be read.
    pub(crate) fn all(commit: &Commit) -> Result<impl Iterator<Item = Self>, RecordError> {
        let Commit { seq, at, records } = commit;
        let (seq, at) = (*seq, *at);
        let records = (0..).zip(record::decode(records)?);
        Ok(records.map(move |(place, record)| Self {
            seq,
            place,
            at,
            record,
        }))
    }
}

/// A whole journal: all records of a saga, in order.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) entries: Vec<Entry>,
    /// When the saga began.
    pub(crate) started: Time,
    /// The time of the last commit.
    pub(crate) updated: Time,
    /// The number of commits.
    pub(crate) commits: u64,
}

impl History {
    /// Decodes a journal from its first commit on.
    ///
    /// # Errors
    /// [`FoldError`], which names the commit, if there is no commit, one is missing or cannot be
    /// read, or they do not begin with `started`.
    pub(crate) fn of(commits: &[Commit]) -> Result<Self, FoldError> {
        let whole = |commit, reason| FoldError {
            commit,
            record: None,
            reason,
        };
        let (Some(first), Some(last)) = (commits.first(), commits.last()) else {
            return Err(whole(0, Reason::Nothing));
        };
        let mut history = Self {
            entries: Vec::with_capacity(commits.len()),
            started: first.at,
            updated: last.at,
            commits: 0,
        };
        for commit in commits {
            let (seq, next) = (commit.seq, history.commits);
            if seq != next {
                return Err(whole(next, Reason::Number { seq }));
            }
            let records = Entry::all(commit).map_err(|error| whole(seq, Reason::Record(error)))?;
            history.entries.extend(records);
            let starts = |first: &Entry| first.record.what == RecordKind::Started;
            if seq == 0 && !history.entries.first().is_some_and(starts) {
                return Err(whole(seq, Reason::NotStarted));
            }
            history.commits += 1;
        }
        Ok(history)
    }

    /// The fingerprints of the definitions under which the saga of this row was run, in order: each
    /// but the first applies from a `redefined` on. 0 if none is recorded.
    pub(crate) fn all_definitions(&self, row: &Row) -> Vec<u64> {
        let (mut all, mut now) = (Vec::new(), 0);
        for Entry { record, .. } in &self.entries {
            if record.what == RecordKind::Redefined {
                all.push(now);
            }
            if let RecordKind::Started | RecordKind::Redefined = record.what {
                now = record.definition.unwrap_or(now);
            }
        }
        all.push(row.fingerprint);
        all
    }
}
