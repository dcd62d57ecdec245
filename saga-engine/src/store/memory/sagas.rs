//! The sagas of a [`Memory`](super::Memory), and how their journals grow.

use super::data::{Data, Living, Saga};
use crate::store::{
    Change, Claim, Commit, Created, Epoch, Freed, Hold, LockChange, LockKey, LockState, Mark,
    NewSaga, Row, SagaId, State, StoreError, Stored, Time, Turn, Unfit,
};
use std::collections::BTreeSet;

impl Data {
    pub(super) fn create(
        &mut self,
        by: Option<(Epoch, Turn)>,
        new: NewSaga,
        first: Option<Commit>,
        now: Time,
    ) -> Result<Created, StoreError> {
        let by = by.filter(|_| new.due.is_none());
        if let Some(saga) = self.sagas.get(&new.saga) {
            return Ok(Created::of(saga.stored.row.clone(), by));
        }
        if let Some(first) = first.as_ref().filter(|first| first.seq != 0) {
            return Err(conflict(new.saga, first.seq));
        }
        let began = first.as_ref().map_or(now, |first| first.at);
        let due = new.due.unwrap_or(began);
        let (claimed, turn) = by.unzip();
        if claimed.is_none() {
            self.unclaimed.insert((due, new.saga.clone()));
        }
        let commits: Vec<_> = first.into_iter().collect();
        let row = Row {
            saga: new.saga.clone(),
            input: new.input,
            fingerprint: new.fingerprint,
            state: State::Running,
            due: Some(due),
            claimed,
            turn,
            life: None,
            created: began,
            updated: began,
            commits: commits.len() as u64,
            takeovers: 0,
            unreadable: None,
        };
        let saga = Saga {
            stored: Stored { row, commits },
            unfit: BTreeSet::new(),
            since: 0,
            orphaned: false,
            events: Vec::new(),
        };
        self.sagas.insert(new.saga, Box::new(saga));
        Ok(Created::New)
    }

    pub(super) fn append(
        &mut self,
        epoch: Epoch,
        hold: Hold,
        commit: Commit,
        change: Option<Change>,
        answers: Vec<(u64, String)>,
    ) -> Result<(), StoreError> {
        let Some(saga) = self.sagas.get(&hold.saga) else {
            return Err(conflict(hold.saga, commit.seq));
        };
        let Stored { row, commits } = &saga.stored;
        if (saga.since..row.commits).contains(&commit.seq) && row.turn == Some(hold.turn) {
            let is_same =
                |there: &Commit| there.seq == commit.seq && there.records == commit.records;
            if commits.iter().any(is_same) {
                return Ok(());
            }
        }
        if (row.claimed, row.turn) != (Some(epoch), Some(hold.turn)) {
            return Err(StoreError::NotHeld { saga: hold.saga });
        }
        if commit.seq != row.commits {
            return Err(conflict(hold.saga, commit.seq));
        }
        self.are_open(&answers)?;
        let id = hold.saga;
        let Some(saga) = self.sagas.get_mut(&id) else {
            return Err(conflict(id, commit.seq));
        };
        let Stored { row, commits } = &mut saga.stored;
        let (mut events, mut delivers, mut locks) = (Vec::new(), false, Vec::new());
        if let Some(change) = change {
            locks = change.locks;
            events = change.events;
            delivers = change.delivers;
            row.state = change.state;
            row.fingerprint = change.fingerprint.unwrap_or(row.fingerprint);
            (row.due, row.claimed) = match change.claim {
                Claim::Keep => {
                    let due = row.due.map_or(commit.at, |due| due.min(commit.at));
                    (Some(due), Some(epoch))
                }
                Claim::Until(due) => (Some(due), None),
                Claim::Rest => (None, None),
            };
            if let Claim::Until(due) = change.claim {
                self.unclaimed.insert((due, id.clone()));
            }
        }
        let at = commit.at;
        row.updated = at;
        row.commits += 1;
        row.takeovers = 0;
        row.unreadable = None;
        commits.push(commit);
        if !events.is_empty() {
            self.write_events(&id, events, at, delivers.then_some(epoch));
        }
        self.locks.change(&id, locks, at);
        self.answer(answers, at);
        Ok(())
    }

    pub(super) fn release(
        &mut self,
        epoch: Epoch,
        Hold { saga: id, turn }: Hold,
        (due, mark): (Option<Time>, Mark),
        (answers, now): (Vec<(u64, String)>, Time),
    ) -> Result<(), StoreError> {
        let by = (Some(epoch), Some(turn));
        let is_held = |row: &Row| (row.claimed, row.turn) == by;
        let held = self.sagas.get(&id);
        if held.is_none_or(|saga| !is_held(&saga.stored.row)) {
            return Err(StoreError::NotHeld { saga: id });
        }
        self.are_open(&answers)?;
        self.answer(answers, now);
        let Some(saga) = self.sagas.get_mut(&id) else {
            return Err(StoreError::NotHeld { saga: id });
        };
        let row = &mut saga.stored.row;
        (row.due, row.claimed) = (due, None);
        match mark {
            Mark::Readable => {
                let worker = Living::under(epoch, &self.workers).map(|living| &living.worker);
                let own = worker.map_or(0, |worker| worker.fingerprint_of(&id.saga));
                saga.unfit.remove(&own);
                row.unreadable = None;
            }
            Mark::Unfit(Unfit { fingerprint, why }) => {
                saga.unfit.insert(fingerprint);
                row.unreadable = Some(why).filter(|_| !row.is_at_rest());
            }
            Mark::Cleared => {
                saga.unfit.clear();
                (row.unreadable, row.takeovers) = (None, 0);
            }
            Mark::Kept => row.takeovers = 0,
        }
        if let Some(due) = due {
            self.unclaimed.insert((due, id));
        }
        Ok(())
    }

    pub(super) fn free(
        &mut self,
        key: &LockKey,
        id: SagaId,
        (text, at): (String, Time),
        now: Time,
    ) -> Freed {
        let Some(state) = self.locks.first(key, &id) else {
            return Freed::NotFirst;
        };
        let is_untried = self.is_untried(&id, now);
        let saga = self.sagas.get_mut(&id).map(|saga| &mut saga.stored.row);
        let stands = |row: &&mut Row| row.claimed.is_none() && row.unreadable.is_some();
        let Some(row) = saga.filter(stands) else {
            return Freed::Readable;
        };
        if is_untried {
            return Freed::Untried;
        }
        if state == LockState::Taken {
            self.locks.free(&id, key, at);
        } else {
            row.state = State::Running;
            let before = row.due.replace(row.due.map_or(at, |due| due.min(at)));
            before.map(|due| self.unclaimed.remove(&(due, id.clone())));
            self.unclaimed.extend(row.due.map(|due| (due, id.clone())));
            self.locks.change(&id, vec![LockChange::Withdraw], at);
        }
        Freed::Done(self.send_answered(id, text, at))
    }
}

fn conflict(saga: SagaId, seq: u64) -> StoreError {
    StoreError::Conflict { saga, seq }
}
