//! The content of a [`Memory`](super::Memory), and how it is read.

use super::locks::Locks;
use crate::store::{
    DefinitionRow, Epoch, EventRow, Filter, Message, Row, SagaId, Stat, State, StoreError, Stored,
    Time, Worker,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

#[derive(Debug)]
pub(super) struct Data {
    /// Whether several workers share the store.
    pub(super) shared: bool,
    /// The workers that were not declared dead.
    pub(super) workers: Vec<Living>,
    pub(super) definitions: BTreeMap<(Arc<str>, u64), DefinitionRow>,
    /// Boxed, since a map has room for more entries than it contains.
    pub(super) sagas: HashMap<SagaId, Box<Saga>>,
    /// The sagas that are due, now or later, and not claimed under a living epoch.
    pub(super) unclaimed: BTreeSet<(Time, SagaId)>,
    pub(super) inbox: BTreeMap<u64, Letter>,
    pub(super) locks: Locks,
    /// The number of the last message.
    pub(super) sent: u64,
    /// The position of the last event.
    pub(super) written: u64,
}

/// A worker, and the end of its lease.
#[derive(Debug)]
pub(super) struct Living {
    pub(super) epoch: Epoch,
    pub(super) worker: Worker,
    pub(super) expires: Option<Time>,
}

impl Living {
    /// The worker with this epoch.
    pub(super) fn under(epoch: Epoch, workers: &[Self]) -> Option<&Self> {
        workers.iter().find(|living| living.epoch == epoch)
    }
}

#[derive(Debug)]
pub(super) struct Saga {
    pub(super) stored: Stored,
    /// The fingerprints under which it proved unreadable.
    pub(super) unfit: BTreeSet<u64>,
    /// The number of its commits when it was claimed last.
    pub(super) since: u64,
    /// Whether the last worker that had claimed it has died.
    pub(super) orphaned: bool,
    /// The events, by number.
    pub(super) events: Vec<Event>,
}

/// An event, and the data that its row leaves out.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) row: EventRow,
    /// The time at which its claim ends by itself.
    pub(super) until: Option<Time>,
    /// The time of its last change.
    pub(super) changed: Time,
}

#[derive(Debug)]
pub(super) struct Letter {
    pub(super) message: Message,
    /// The answer, and when it was given.
    pub(super) answer: Option<(String, Time)>,
}

impl Letter {
    /// Whether it says who had a saga purged, and why.
    fn is_kept(&self) -> bool {
        self.message.text.starts_with(Message::PURGED)
    }
}

impl Data {
    pub(super) fn new(shared: bool) -> Self {
        Self {
            shared,
            workers: Vec::new(),
            definitions: BTreeMap::new(),
            sagas: HashMap::new(),
            unclaimed: BTreeSet::new(),
            inbox: BTreeMap::new(),
            locks: Locks::default(),
            sent: 0,
            written: 0,
        }
    }

    pub(super) fn define(&mut self, definition: DefinitionRow) {
        let key = (definition.saga.clone(), definition.fingerprint);
        self.definitions.entry(key).or_insert(definition);
    }

    pub(super) fn definition(&self, saga: Arc<str>, fingerprint: u64) -> Option<DefinitionRow> {
        self.definitions.get(&(saga, fingerprint)).cloned()
    }

    pub(super) fn in_use(&self) -> Vec<DefinitionRow> {
        let open = [State::Running, State::Waiting, State::Parked];
        let rows = self.rows();
        let in_flight = rows.filter(|row| row.due.is_some() || open.contains(&row.state));
        let in_flight = in_flight.map(|row| (&row.saga.saga, row.fingerprint));
        let registered = self.workers.iter().flat_map(|living| &living.worker.runs);
        let registered = registered.map(|(saga, fingerprint)| (saga, *fingerprint));
        let used: BTreeSet<_> = in_flight.chain(registered).collect();
        let all = self.definitions.values();
        all.filter(|it| used.contains(&(&it.saga, it.fingerprint)))
            .cloned()
            .collect()
    }

    pub(super) fn load(&self, saga: &SagaId) -> Option<Stored> {
        self.sagas.get(saga).map(|saga| saga.stored.clone())
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sagas.values().map(|saga| &saga.stored.row)
    }

    pub(super) fn list(&self, filter: &Filter) -> Vec<Row> {
        let mut fit: Vec<_> = self.rows().filter(|row| filter.fits(row)).collect();
        fit.sort_by_key(|row| &row.saga);
        fit.truncate(filter.limit.unwrap_or(usize::MAX));
        fit.into_iter().cloned().collect()
    }

    pub(super) fn stats(&self) -> Vec<Stat> {
        let mut stats = BTreeMap::new();
        for row in self.rows() {
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

    pub(super) fn ended(&self, mut of: Vec<SagaId>) -> Vec<SagaId> {
        of.retain(|saga| {
            self.sagas.get(saga).is_some_and(|saga| {
                !matches!(saga.stored.row.state, State::Running | State::Waiting)
            })
        });
        of
    }

    pub(super) fn purge(&mut self, filter: &Filter, before: Time) -> u64 {
        let doomed = self.doomed(filter, before);
        for saga in &doomed {
            self.delete(saga);
        }
        if filter.limit.is_none_or(|limit| doomed.len() < limit) {
            let sagas = &self.sagas;
            self.inbox.retain(|_, letter| {
                let saga = &letter.message.saga;
                let answered = letter.answer.as_ref().map(|(_, at)| *at);
                letter.is_kept()
                    || answered.is_none_or(|at| at >= before)
                    || sagas.contains_key(saga)
                    || !filter.names(saga)
            });
        }
        doomed.len() as u64
    }

    pub(super) fn purge_one(&mut self, saga: SagaId, text: String, now: Time) -> Option<u64> {
        let this = Filter::of(saga.clone());
        if self.doomed(&this, Time(i64::MAX)).is_empty() {
            return None;
        }
        self.delete(&saga);
        Some(self.send_answered(saga, text, now))
    }

    fn doomed(&self, filter: &Filter, before: Time) -> Vec<SagaId> {
        let delivered = |event: &Event| event.row.delivered.is_some();
        let delivered = |saga: &&Saga| saga.events.iter().all(delivered);
        let sagas = self.sagas.values().map(|saga| &**saga);
        let told = sagas.filter(delivered);
        let mut doomed: Vec<SagaId> = told
            .map(|saga| &saga.stored.row)
            .filter(|row| row.is_at_rest() && row.updated < before && filter.fits(row))
            .map(|row| row.saga.clone())
            .collect();
        doomed.sort();
        doomed.truncate(filter.limit.unwrap_or(usize::MAX));
        doomed
    }

    fn delete(&mut self, saga: &SagaId) {
        self.sagas.remove(saga);
        self.inbox.retain(|_, letter| {
            letter.is_kept() || letter.answer.is_none() || letter.message.saga != *saga
        });
    }

    pub(super) fn send(&mut self, saga: SagaId, text: String, at: Time) -> u64 {
        self.sent += 1;
        let message = Message {
            number: self.sent,
            saga,
            text,
            at,
            answer: None,
        };
        let letter = Letter {
            message,
            answer: None,
        };
        self.inbox.insert(self.sent, letter);
        self.sent
    }

    /// A message that is written with its answer.
    pub(super) fn send_answered(&mut self, saga: SagaId, text: String, at: Time) -> u64 {
        let number = self.send(saga, text, at);
        self.answer(vec![(number, Message::DONE.to_owned())], at);
        number
    }

    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Message> {
        let letters = self.inbox.values();
        letters
            .filter(|letter| letter.answer.is_none())
            .map(|letter| &letter.message)
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.unanswered().cloned().collect()
    }

    pub(super) fn inbox(&self, epoch: Epoch) -> Vec<Message> {
        let is_ours = |message: &&Message| {
            let saga = self.sagas.get(&message.saga);
            saga.is_none_or(|saga| saga.stored.row.claimed == Some(epoch))
        };
        self.unanswered().filter(is_ours).cloned().collect()
    }

    /// Whether each of these messages is there, and has no answer.
    pub(super) fn are_open(&self, answers: &[(u64, String)]) -> Result<(), StoreError> {
        for &(number, _) in answers {
            let letter = self.inbox.get(&number);
            if letter.is_none_or(|letter| letter.answer.is_some()) {
                return Err(StoreError::Answered { number });
            }
        }
        Ok(())
    }

    pub(super) fn answer(&mut self, answers: Vec<(u64, String)>, at: Time) {
        for (number, answer) in answers {
            if let Some(letter) = self.inbox.get_mut(&number) {
                letter.answer.get_or_insert((answer, at));
            }
        }
    }

    pub(super) fn message(&self, number: u64) -> Option<Message> {
        let letter = self.inbox.get(&number)?;
        let answer = letter.answer.as_ref().map(|(answer, _)| answer.clone());
        Some(Message {
            answer,
            ..letter.message.clone()
        })
    }
}
