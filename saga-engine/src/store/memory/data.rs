//! What a [`Memory`](super::Memory) holds, and every rule of [`Store`](crate::Store) in its plainest form.

use crate::store::{
    Change, Commit, Created, DefinitionRow, Epoch, Filter, Hold, Message, NewSaga, Row, SagaId,
    Stat, State, StoreError, Stored, Time,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Debug, Default)]
pub(super) struct Data {
    /// How many times it was opened.
    epoch: u64,
    definitions: BTreeMap<(Arc<str>, u64), DefinitionRow>,
    sagas: BTreeMap<SagaId, Stored>,
    /// The sagas that are due, now or later, and not claimed under the epoch that holds.
    unclaimed: BTreeSet<(Time, SagaId)>,
    inbox: BTreeMap<u64, Letter>,
    /// The number of the last message.
    sent: u64,
}

#[derive(Debug)]
struct Letter {
    message: Message,
    answer: Option<String>,
}

impl Data {
    pub(super) fn open(&mut self) -> Epoch {
        self.epoch += 1;
        self.unclaimed = self
            .sagas
            .values()
            .filter_map(|stored| Some((stored.row.due?, stored.row.saga.clone())))
            .collect();
        Epoch(self.epoch)
    }

    /// Whether an epoch still holds.
    pub(super) fn hold(&self, epoch: Epoch) -> Result<(), StoreError> {
        if epoch.0 == self.epoch {
            return Ok(());
        }
        Err(StoreError::Fenced {
            epoch: Epoch(self.epoch),
        })
    }

    pub(super) fn define(&mut self, definition: DefinitionRow) {
        let key = (definition.saga.clone(), definition.fingerprint);
        self.definitions.entry(key).or_insert(definition);
    }

    pub(super) fn definition(&self, saga: Arc<str>, fingerprint: u64) -> Option<DefinitionRow> {
        self.definitions.get(&(saga, fingerprint)).cloned()
    }

    pub(super) fn create(
        &mut self,
        epoch: Epoch,
        new: NewSaga,
        first: Commit,
    ) -> Result<Created, StoreError> {
        if let Some(stored) = self.sagas.get(&new.saga) {
            return Ok(Created::Exists(Box::new(stored.row.clone())));
        }
        if first.seq != 0 {
            return Err(conflict(new.saga, first.seq));
        }
        if let Some(due) = new.due {
            self.unclaimed.insert((due, new.saga.clone()));
        }
        let row = Row {
            saga: new.saga.clone(),
            input: new.input,
            fingerprint: new.fingerprint,
            state: State::Running,
            due: Some(new.due.unwrap_or(first.at)),
            claimed: new.due.is_none().then_some(epoch),
            created: first.at,
            updated: first.at,
            commits: 1,
        };
        let commits = vec![first];
        self.sagas.insert(new.saga, Stored { row, commits });
        Ok(Created::New)
    }

    pub(super) fn append(
        &mut self,
        epoch: Epoch,
        saga: SagaId,
        commit: Commit,
        change: Option<Change>,
    ) -> Result<(), StoreError> {
        let Some(Stored { row, commits }) = self.sagas.get_mut(&saga) else {
            return Err(conflict(saga, commit.seq));
        };
        if commit.seq < row.commits {
            let there = commits.iter().find(|there| there.seq == commit.seq);
            return there
                .filter(|there| there.records == commit.records)
                .map(|_| ())
                .ok_or_else(|| conflict(saga, commit.seq));
        }
        if commit.seq > row.commits {
            return Err(conflict(saga, commit.seq));
        }
        if let Some(change) = change {
            if let Some(due) = row.due {
                self.unclaimed.remove(&(due, saga.clone()));
            }
            row.state = change.state;
            row.fingerprint = change.fingerprint.unwrap_or(row.fingerprint);
            (row.due, row.claimed) = match change.hold {
                Hold::Keep => (Some(row.due.unwrap_or(commit.at)), Some(epoch)),
                Hold::Until(due) => (Some(due), None),
                Hold::Rest => (None, None),
            };
            if let Hold::Until(due) = change.hold {
                self.unclaimed.insert((due, saga));
            }
        }
        row.updated = commit.at;
        row.commits += 1;
        commits.push(commit);
        Ok(())
    }

    pub(super) fn load(&self, saga: &SagaId) -> Option<Stored> {
        self.sagas.get(saga).cloned()
    }

    pub(super) fn claim(&mut self, epoch: Epoch, now: Time, limit: usize) -> Vec<SagaId> {
        let mut claimed = Vec::new();
        while claimed.len() < limit && self.next_due().is_some_and(|due| due <= now) {
            let Some((_, saga)) = self.unclaimed.pop_first() else {
                break;
            };
            if let Some(stored) = self.sagas.get_mut(&saga) {
                stored.row.claimed = Some(epoch);
                claimed.push(saga);
            }
        }
        claimed
    }

    pub(super) fn next_due(&self) -> Option<Time> {
        Some(self.unclaimed.first()?.0)
    }

    pub(super) fn list(&self, filter: &Filter) -> Vec<Row> {
        self.sagas
            .values()
            .map(|stored| &stored.row)
            .filter(|row| filter.fits(row))
            .take(filter.limit.unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }

    pub(super) fn stats(&self) -> Vec<Stat> {
        let mut stats = BTreeMap::new();
        for Stored { row, .. } in self.sagas.values() {
            let stat = stats
                .entry((row.saga.saga.clone(), row.state))
                .or_insert(Stat {
                    saga: row.saga.saga.clone(),
                    state: row.state,
                    count: 0,
                    oldest: row.updated,
                });
            stat.count += 1;
            stat.oldest = stat.oldest.min(row.updated);
        }
        stats.into_values().collect()
    }

    pub(super) fn purge(&mut self, filter: &Filter, before: Time) -> u64 {
        let doomed: Vec<SagaId> = self
            .sagas
            .values()
            .map(|stored| &stored.row)
            .filter(|row| row.is_at_rest() && row.updated < before && filter.fits(row))
            .take(filter.limit.unwrap_or(usize::MAX))
            .map(|row| row.saga.clone())
            .collect();
        for saga in &doomed {
            self.sagas.remove(saga);
            self.inbox
                .retain(|_, letter| letter.answer.is_none() || letter.message.saga != *saga);
        }
        doomed.len() as u64
    }

    pub(super) fn send(&mut self, saga: SagaId, text: String, at: Time) -> u64 {
        self.sent += 1;
        let message = Message {
            number: self.sent,
            saga,
            text,
            at,
        };
        let letter = Letter {
            message,
            answer: None,
        };
        self.inbox.insert(self.sent, letter);
        self.sent
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.inbox
            .values()
            .filter(|letter| letter.answer.is_none())
            .map(|letter| letter.message.clone())
            .collect()
    }

    pub(super) fn answer(&mut self, number: u64, answer: String) {
        if let Some(letter) = self.inbox.get_mut(&number) {
            letter.answer.get_or_insert(answer);
        }
    }

    pub(super) fn answer_to(&self, number: u64) -> Option<String> {
        self.inbox.get(&number)?.answer.clone()
    }
}

fn conflict(saga: SagaId, seq: u64) -> StoreError {
    StoreError::Conflict { saga, seq }
}
