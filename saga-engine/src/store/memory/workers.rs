//! The workers of a [`Memory`](super::Memory): how they come and go, and which sagas each may
//! claim.

use super::data::{Data, Living, Saga};
use crate::store::{Epoch, Opened, Peer, Row, SagaId, StoreError, Take, Time, Turn, Worker};
use std::collections::BTreeSet;

impl Data {
    /// Opens a store with one owner: all earlier epochs end.
    pub(super) fn take_over(&mut self, worker: Worker) -> Result<Epoch, StoreError> {
        let gone = |before: &Epoch| Living::under(*before, &self.workers).is_none();
        let owner = match worker.after.as_ref() {
            Some(before) if gone(before) => self.workers.first(),
            _ => None,
        };
        if let Some(owner) = owner {
            let owner = owner.worker.name.to_string();
            return Err(StoreError::Owned { owner });
        }
        self.workers.clear();
        let expires = None;
        Ok(self.welcome(worker, expires))
    }

    /// Adapts to a clock that was set back: a saga is due no later from now than it was from its
    /// last change.
    pub(super) fn set_clock(&mut self, now: Time) {
        self.unclaimed.clear();
        for saga in self.sagas.values_mut() {
            let row = &mut saga.stored.row;
            let due = row.due.filter(|due| *due > now && row.updated > now);
            row.due = due.map_or(row.due, |due| Some(now.after(due.since(row.updated))));
            for event in &mut saga.events {
                event.set_clock(now);
            }
        }
        self.free_the_orphans();
    }

    /// Opens a store with many workers: adds one more.
    pub(super) fn join(&mut self, worker: Worker, now: Time) -> Opened {
        if let Some(before) = worker.after {
            self.close(before);
        }
        let lease = Some(worker.lease);
        let epoch = self.welcome(worker, lease.map(|lease| now.after(lease)));
        let life = None;
        Opened {
            epoch,
            now,
            lease,
            life,
        }
    }

    fn welcome(&mut self, worker: Worker, expires: Option<Time>) -> Epoch {
        for (id, saga) in &mut self.sagas {
            // A new worker tries once more.
            saga.unfit.remove(&worker.fingerprint_of(&id.saga));
        }
        let epoch = Epoch::random();
        self.workers.push(Living {
            epoch,
            worker,
            expires,
        });
        self.free_the_orphans();
        epoch
    }

    /// Whether an epoch lives.
    pub(super) fn lives(&self, epoch: Epoch) -> Result<(), StoreError> {
        let living = Living::under(epoch, &self.workers);
        living.map(|_| ()).ok_or(StoreError::Fenced { epoch })
    }

    pub(super) fn renew(&mut self, epoch: Epoch, now: Time) -> Result<(), StoreError> {
        let mut workers = self.workers.iter_mut();
        let living = workers.find(|living| living.epoch == epoch);
        let living = living.ok_or(StoreError::Fenced { epoch })?;
        living.expires = living.expires.map(|_| now.after(living.worker.lease));
        Ok(())
    }

    pub(super) fn close(&mut self, epoch: Epoch) {
        self.workers.retain(|living| living.epoch != epoch);
        for saga in self.sagas.values_mut() {
            if saga.stored.row.claimed == Some(epoch) {
                saga.stored.row.claimed = None;
            }
        }
        self.free_the_orphans();
    }

    pub(super) fn peers(&self, epoch: Epoch) -> Vec<Peer> {
        let others = self.workers.iter().filter(|other| other.epoch != epoch);
        let peer = |other: &Living| {
            let mut runs = other.worker.runs.clone();
            runs.sort();
            Peer {
                epoch: other.epoch,
                runs,
            }
        };
        others.map(peer).collect()
    }

    /// Ends the epochs whose lease has ended, except for that of the caller.
    pub(super) fn declare_dead(&mut self, asks: Epoch, now: Time) {
        let before = self.workers.len();
        self.workers.retain(|living| {
            living.epoch == asks || living.expires.is_none_or(|expires| !expires.is_due(now))
        });
        if self.workers.len() < before {
            self.free_the_orphans();
        }
    }

    /// Lists the sagas as unclaimed that are due, and not claimed under a living epoch.
    fn free_the_orphans(&mut self) {
        for (id, saga) in &mut self.sagas {
            let row = &mut saga.stored.row;
            if let Some(epoch) = row.claimed {
                if Living::under(epoch, &self.workers).is_some() {
                    continue;
                }
                saga.orphaned = true;
                if self.shared {
                    row.claimed = None;
                }
            }
            if let Some(due) = row.due {
                self.unclaimed.insert((due, id.clone()));
            }
        }
    }

    /// The workers whose lease has not ended.
    fn alive(&self, now: Time) -> impl Iterator<Item = &Living> {
        let alive = self.workers.iter();
        alive.filter(move |one| one.expires.is_none_or(|expires| !expires.is_due(now)))
    }

    pub(super) fn workers(&self, now: Time) -> Vec<String> {
        let alive = self.alive(now);
        let mut names: Vec<_> = alive.map(|one| one.worker.name.to_string()).collect();
        names.sort();
        names
    }

    /// Whether a living worker may claim a saga, and does not pass it over.
    pub(super) fn is_untried(&self, id: &SagaId, now: Time) -> bool {
        let mut alive = self.alive(now).map(|living| &living.worker);
        self.sagas.get(id).is_some_and(|saga| {
            alive.any(|worker| {
                self.may_run(worker, &saga.stored.row) && !Self::passes_over(worker, saga)
            })
        })
    }

    /// Whether the version of a worker allows it to claim a saga.
    fn may_run(&self, worker: &Worker, row: &Row) -> bool {
        let name = &row.saga.saga;
        let registered = |worker: &Worker| {
            let mut runs = worker.runs.iter();
            runs.any(|(saga, fingerprint)| saga == name && *fingerprint == row.fingerprint)
        };
        let someone = |living: &Living| registered(&living.worker);
        registered(worker) || !self.workers.iter().any(someone)
    }

    fn passes_over(worker: &Worker, saga: &Saga) -> bool {
        let row = &saga.stored.row;
        let fingerprint = worker.fingerprint_of(&row.saga.saga);
        row.is_quarantined() || saga.unfit.contains(&fingerprint)
    }

    fn is_unclaimed(&self, row: &Row) -> bool {
        row.claimed
            .is_none_or(|epoch| Living::under(epoch, &self.workers).is_none())
    }

    /// The sagas with an unanswered request that this worker should claim.
    fn asked(&self, worker: &Worker) -> Vec<SagaId> {
        let is_meant = |saga: &&Saga| {
            let row = &saga.stored.row;
            let other = |other: &Living| {
                self.may_run(&other.worker, row) && !Self::passes_over(&other.worker, saga)
            };
            self.is_unclaimed(row)
                && self.may_run(worker, row)
                && (!Self::passes_over(worker, saga) || !self.workers.iter().any(other))
        };
        let asked = self.unanswered().filter_map(|message| {
            let saga = self.sagas.get(&message.saga).map(|saga| &**saga);
            let saga = saga.filter(is_meant)?;
            Some(saga.stored.row.saga.clone())
        });
        asked.collect()
    }

    /// The sagas that have been granted keys, and that this worker may claim.
    fn granted<'a>(&'a self, worker: &'a Worker) -> impl Iterator<Item = &'a SagaId> {
        self.locks.granted().filter(move |id| {
            self.sagas.get(id).is_some_and(|saga| {
                let row = &saga.stored.row;
                self.is_unclaimed(row)
                    && self.may_run(worker, row)
                    && !Self::passes_over(worker, saga)
            })
        })
    }

    fn next_due_for<'a>(&'a self, worker: &'a Worker) -> impl Iterator<Item = &'a (Time, SagaId)> {
        self.unclaimed.iter().filter(|(_, id)| {
            self.sagas.get(id).is_some_and(|saga| {
                self.may_run(worker, &saga.stored.row) && !Self::passes_over(worker, saga)
            })
        })
    }

    pub(super) fn next_due(&self, epoch: Epoch, now: Time) -> Option<Time> {
        let worker = &Living::under(epoch, &self.workers)?.worker;
        if !self.asked(worker).is_empty() || self.granted(worker).next().is_some() {
            return Some(Time(i64::MIN));
        }
        let due = self.next_due_for(worker).map(|(due, _)| *due).next();
        let others = self.workers.iter().filter(|other| other.epoch != epoch);
        let dies = others.filter_map(|living| living.expires);
        // A worker whose lease has ended is declared dead by the next claim.
        let dead = dies.filter(|expires| expires.is_due(now)).min();
        due.into_iter().chain(dead).min()
    }

    pub(super) fn claim(&mut self, by: (Epoch, Turn), now: Time, limit: usize) -> Vec<SagaId> {
        let (epoch, _) = by;
        let Some(living) = Living::under(epoch, &self.workers) else {
            return Vec::new();
        };
        let worker = &living.worker;
        let granted: BTreeSet<_> = self.granted(worker).take(limit).collect();
        let due = self.due(worker, now, false);
        let due = due.filter(|saga| !granted.contains(saga));
        // Whoever has keys comes first, since others wait for them.
        let claimed = granted.iter().copied().chain(due).take(limit);
        let mut claimed: Vec<_> = claimed.cloned().collect();
        for saga in self.asked(worker) {
            if !claimed.contains(&saga) {
                claimed.push(saga);
            }
        }
        for saga in &claimed {
            self.claim_one(by, saga, None);
        }
        claimed
    }

    pub(super) fn claim_suspect(&mut self, by: (Epoch, Turn), now: Time) -> Option<SagaId> {
        let living = Living::under(by.0, &self.workers)?;
        let suspects = self.due(&living.worker, now, true);
        let deaths = |saga: &&SagaId| self.sagas[*saga].stored.row.takeovers;
        let saga = suspects.min_by_key(deaths)?.clone();
        self.claim_one(by, &saga, None);
        Some(saga)
    }

    /// The sagas that are due, earliest first. `suspect`: those that workers have died with since their
    /// last commit, instead of the others.
    fn due<'a>(
        &'a self,
        worker: &'a Worker,
        now: Time,
        suspect: bool,
    ) -> impl Iterator<Item = &'a SagaId> {
        let due = self.next_due_for(worker);
        let due = due.take_while(move |(due, _)| due.is_due(now));
        due.map(|(_, saga)| saga).filter(move |saga| {
            let saga = self.sagas.get(saga);
            saga.is_some_and(|saga| (saga.stored.row.takeovers > 0) == suspect)
        })
    }

    pub(super) fn claim_one(
        &mut self,
        (epoch, turn): (Epoch, Turn),
        id: &SagaId,
        from: Option<Turn>,
    ) -> Take {
        let Some(saga) = self.sagas.get_mut(id) else {
            return Take::Missing;
        };
        let row = &mut saga.stored.row;
        let lives = |other| Living::under(other, &self.workers).is_some();
        let by = row.claimed.filter(|other| lives(*other)).zip(row.turn);
        if by == Some((epoch, turn)) {
            return Take::Mine;
        }
        if by != from.map(|from| (epoch, from)) {
            return Take::Theirs;
        }
        if let Some(due) = row.due {
            self.unclaimed.remove(&(due, id.clone()));
        }
        (row.claimed, row.turn) = (Some(epoch), Some(turn));
        saga.since = row.commits;
        row.takeovers += u32::from(std::mem::take(&mut saga.orphaned));
        Take::Mine
    }
}
