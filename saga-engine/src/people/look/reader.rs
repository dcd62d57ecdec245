//! Reads sagas: each with its folded journal, or the reason why that cannot be read.

use super::{
    locks,
    tone::{Tone, tone_of},
};
use crate::{
    error::{EngineError, Unreadable},
    journal::action::{Action, Attribution},
    journal::fold::Folded,
    journal::plan::{self, Plan, Refused},
    journal::request::{self, Answer, Request},
    journal::schema::Definitions,
    journal::why::{Runner, undelivered, why},
    runtime::recorded::Recorded,
    store::{
        Epoch, EventFilter, Filter, Freed, LockFilter, LockKey, ReadStore, Row, Rows, SagaId,
        State, Store, StoreError, Stored, Time, are_granted,
    },
};
use serde_json::json;
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Deletes a saga that has ended, and records who asked for it, and why, as a request that is answered:
/// nothing else of it is left. Returns the number of that message; `None`, and nothing is done, if the
/// saga must stay.
///
/// # Errors
/// If it cannot be written.
pub async fn purge(
    store: &dyn Store,
    epoch: Epoch,
    saga: &SagaId,
    who: &Attribution,
) -> Result<Option<u64>, StoreError> {
    let text = request::purged(who);
    store.purge_one(epoch, saga.clone(), text).await
}

/// A journal to read, at one moment.
pub struct Reader {
    /// The journal.
    pub journal: Arc<dyn ReadStore>,
    /// The moment.
    pub now: Time,
    /// Whether an engine that may run sagas of the journal is alive.
    runs: bool,
    definitions: Definitions,
}

/// One saga as it is recorded.
pub struct Look {
    /// Its row and its journal.
    pub stored: Stored,
    /// The decoded journal, or the reason why it cannot be read.
    pub folded: Result<Folded, Arc<Unreadable>>,
    /// One sentence about the state, and the reason for it.
    pub why: String,
    /// Whether one of its calls has been running for far too long.
    overdue: bool,
}

/// The interval at which the reader looks for an answer.
const EVERY: Duration = Duration::from_millis(20);

impl Reader {
    /// Reads `journal` at the time `now`.
    ///
    /// # Errors
    /// If it cannot be read which workers are alive.
    pub async fn new(journal: Arc<dyn ReadStore>, now: Time) -> Result<Self, StoreError> {
        let runs = !journal.workers().await?.is_empty();
        Ok(Self {
            journal,
            now,
            runs,
            definitions: Definitions::default(),
        })
    }

    /// Reads the saga of this row; `None` if it was purged meanwhile.
    ///
    /// # Errors
    /// If the journal cannot be read. For a damaged saga, that is not an error.
    pub async fn look(&self, row: Row) -> Result<Option<Look>, StoreError> {
        let stored = match self.journal.load(row.saga.clone()).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(None),
            Err(error @ StoreError::Corrupt { .. }) => {
                let commits = Vec::new();
                let row = Row {
                    unreadable: None,
                    ..row
                };
                let stored = Stored { row, commits };
                let look = self.told(stored, Err(Unreadable::Damaged(error)));
                return look.await.map(Some);
            }
            Err(error) => return Err(error),
        };
        let recorded = Recorded::found(&*self.journal, None, &stored, &self.definitions).await?;
        let folded = recorded.and_then(|recorded| recorded.folded());
        let look = self.told(stored, folded).await?;
        Ok(Some(look.with_events(&*self.journal).await?))
    }

    async fn told(
        &self,
        stored: Stored,
        folded: Result<Folded, Unreadable>,
    ) -> Result<Look, StoreError> {
        // The worker that has claimed it runs it, if any worker is alive.
        let runner = match (self.runs, stored.row.claimed) {
            (true, Some(_)) => Runner::AtHand,
            (true, None) => Runner::Alive,
            (false, _) => Runner::Nobody,
        };
        // The engine that last had it knows more than what is recorded: its types.
        let noted = stored.row.unreadable.clone();
        let (journal, folded) = (&*self.journal, folded.map_err(Arc::new));
        let look = Look::of(journal, stored, folded, noted.as_deref(), self.now, runner);
        look.await
    }

    /// Writes a request for a saga into the store, and returns the number of the message.
    ///
    /// # Errors
    /// If it cannot be written.
    ///
    /// # Panics
    /// Never: a request can be written as JSON.
    pub async fn ask(
        &self,
        saga: &SagaId,
        action: Action,
        who: Attribution,
    ) -> Result<u64, StoreError> {
        let request = serde_json::to_string(&Request { action, who });
        let request = request.expect("words and texts are JSON");
        self.journal.send(saga.clone(), request, self.now).await
    }

    /// Takes a key from a saga that no engine can read, and passes it on. The request is recorded in the
    /// inbox of the saga.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn free(
        &self,
        key: LockKey,
        saga: SagaId,
        who: &Attribution,
    ) -> Result<Freed, StoreError> {
        let freed = json!({ "lock": &*key.name, "key": &*key.key });
        let request = json!({ "action": { "free": freed }, "who": who });
        let now = self.journal.now().await?;
        self.journal.free(key, saga, request.to_string(), now).await
    }

    /// The answer to a message, if there is one in time. There is no answer if no engine is alive.
    ///
    /// # Errors
    /// If the answer cannot be read.
    pub async fn answer(
        &self,
        number: u64,
        wait: Duration,
    ) -> Result<Option<Answer>, serde_json::Error> {
        self.answers(&[number], wait).await.remove(0)
    }

    /// The answers to several messages, in their order; `None` for those that do not come in time.
    pub async fn answers(
        &self,
        numbers: &[u64],
        wait: Duration,
    ) -> Vec<Result<Option<Answer>, serde_json::Error>> {
        let begin = Instant::now();
        let mut answers = vec![None; numbers.len()];
        loop {
            for (answer, number) in answers.iter_mut().zip(numbers) {
                if answer.is_none() {
                    // The request has been sent, even if the store cannot be read for a moment.
                    let sent = self.journal.message(*number).await.unwrap_or_default();
                    *answer = sent.and_then(|sent| sent.answer);
                }
            }
            let alone = matches!(self.journal.workers().await, Ok(alive) if alive.is_empty());
            if alone || answers.iter().all(Option::is_some) || begin.elapsed() >= wait {
                break;
            }
            sleep(EVERY).await;
        }
        let read = |text: Option<String>| text.map(|text| serde_json::from_str(&text)).transpose();
        answers.into_iter().map(read).collect()
    }

    /// The rows that match, by name and id.
    #[must_use]
    pub fn rows(&self, filter: Filter) -> Rows<'_> {
        Rows::of(&*self.journal, filter)
    }
}

impl Look {
    /// `noted` is the reason why it cannot be read, as noted by an engine, which knows the saga's
    /// types. The sentence also says which saga it waits for with a lock, or which saga waits for it.
    ///
    /// # Errors
    /// If the queues of keys cannot be read.
    pub(crate) async fn of(
        store: &(impl ReadStore + ?Sized),
        stored: Stored,
        mut folded: Result<Folded, Arc<Unreadable>>,
        noted: Option<&str>,
        now: Time,
        runner: Runner,
    ) -> Result<Self, StoreError> {
        if let Ok(folded) = &mut folded {
            folded.set_clock(now, &stored.row);
        }
        let mut look = Self {
            why: String::new(),
            overdue: false,
            stored,
            folded,
        };
        let keys = if look.may_have_keys() {
            Some(store.locks(LockFilter::of(look.saga().clone())).await?)
        } else {
            None
        };
        let has_keys = keys.as_ref().is_some_and(|keys| are_granted(keys));
        look.judge(noted, now, runner, has_keys);
        if let Some(keys) = keys {
            let folded = look.folded.as_ref().ok();
            let said = locks::said(store, look.row(), &keys, folded, now).await?;
            look.why.extend(said);
        }
        Ok(look)
    }

    /// What it does, or why it does not move.
    fn judge(&mut self, noted: Option<&str>, now: Time, runner: Runner, has_keys: bool) {
        let read: Result<_, &dyn fmt::Display> = match (&noted, &self.folded) {
            (Some(noted), _) => Err(noted),
            (None, Err(reason)) => Err(reason),
            (None, Ok(folded)) => Ok(folded),
        };
        let overdue = |folded: &Folded| !folded.whole().overdue(now).is_empty();
        let overdue = runner == Runner::AtHand && read.is_ok_and(overdue);
        self.why = why(&self.stored.row, read, now, runner, has_keys);
        self.overdue = overdue;
    }

    /// Adds to the sentence which of its events was not delivered.
    pub(crate) async fn with_events(
        mut self,
        store: &(impl ReadStore + ?Sized),
    ) -> Result<Self, StoreError> {
        if self.row().tells() {
            let first = EventFilter::first_undelivered_of(self.saga().clone());
            let first = store.events(first).await?;
            self.why.extend(first.iter().map(undelivered));
        }
        Ok(self)
    }

    /// Whether it may be in the queue of a key, as far as can be read.
    pub(super) fn may_have_keys(&self) -> bool {
        let has_ended = self.row().tells() || self.row().state == State::Abandoned;
        let takes_locks = |folded: &Folded| folded.run.kernel.definition().takes_locks();
        !has_ended && self.folded.as_ref().map_or(true, takes_locks)
    }

    /// Its row.
    #[must_use]
    pub fn row(&self) -> &Row {
        &self.stored.row
    }

    /// The name and id of the saga.
    #[must_use]
    pub fn saga(&self) -> &SagaId {
        &self.stored.row.saga
    }

    /// The reason why the saga cannot be read, by this reader or by the engine that last had it; or
    /// the reason why it is quarantined.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        let noted = self.row().unreadable.as_deref().map(str::to_owned);
        let why = self.folded.as_ref().err();
        noted.or_else(|| why.map(ToString::to_string))
    }

    /// The time at which a worker picks the saga up next, if none runs it now.
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        self.row().due.filter(|_| self.row().claimed.is_none())
    }

    /// The time at which it rolls back if it has not passed its pivot.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.folded.as_ref().ok()?.deadline
    }

    /// Whether it cannot be read.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        !self.is_quarantined() && (self.row().unreadable.is_some() || self.folded.is_err())
    }

    /// Whether it is [quarantined](Row::is_quarantined).
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        self.row().is_quarantined()
    }

    /// Whether it is running or waiting, and one of its calls fails again and again, or does not
    /// end.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let moves = matches!(self.row().state, State::Running | State::Waiting);
        let moves = moves && self.row().unreadable.is_none();
        let folded = self.folded.as_ref().ok().filter(|_| moves);
        folded.is_some_and(|folded| {
            let spots = folded.whole().spots();
            let mut stuck = spots.iter().map(|spot| spot.kernel().is_stuck(spot.step));
            self.overdue || stuck.any(|stuck| stuck)
        })
    }

    /// The plan of an action, if every call then succeeded. `None` while a call of the step runs,
    /// because the plan depends on its answer.
    ///
    /// # Errors
    /// [`EngineError::Unreadable`]; [`EngineError::Refused`] or [`EngineError::NoStep`] if the
    /// action does not fit the saga's current state.
    pub fn plan(&self, action: &Action) -> Result<Option<Plan>, EngineError> {
        let folded = self
            .folded
            .as_ref()
            .map_err(|why| EngineError::Unreadable {
                saga: self.saga().clone(),
                why: Arc::clone(why),
            })?;
        match plan::check(folded, self.row(), action) {
            Ok(checked) => Ok(Some(checked.plan)),
            Err(Refused::Runs { .. }) => Ok(None),
            Err(why) => Err(EngineError::refused(self.saga(), why)),
        }
    }

    /// Its state, or `quarantined`, or `unreadable`, and the tone in which that is shown.
    #[must_use]
    pub fn state(&self) -> (&'static str, Tone) {
        let state = self.row().state;
        if self.is_quarantined() {
            ("quarantined", Tone::Bad)
        } else if self.is_unreadable() {
            ("unreadable", Tone::Unknown)
        } else if self.is_stuck() {
            (state.as_str(), Tone::Bad)
        } else {
            (state.as_str(), tone_of(state))
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look")
            .field("row", self.row())
            .field("why", &self.why)
            .finish_non_exhaustive()
    }
}
