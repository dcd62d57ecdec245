//! A journal as a list of its records, for people to read.

use super::record::{self, Record};
use crate::{
    error::Unreadable,
    store::{Stored, Time},
};

/// One record of a saga's journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The number of the commit that it is in.
    pub seq: u64,
    /// When that was written.
    pub at: Time,
    /// What happened.
    pub record: Record,
}

/// All records of a saga, in order.
///
/// # Errors
/// If one cannot be read.
pub fn history(stored: &Stored) -> Result<Vec<Entry>, Unreadable> {
    let mut entries = Vec::new();
    for commit in &stored.commits {
        let records = record::decode(&commit.records).map_err(Unreadable::record(commit))?;
        entries.extend(records.into_iter().map(|record| Entry {
            seq: commit.seq,
            at: commit.at,
            record,
        }));
    }
    Ok(entries)
}
