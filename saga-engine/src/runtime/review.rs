//! Checks whether the registered versions can read the sagas in flight, when an engine starts and when
//! the other workers change.

use crate::{
    error::Unreadable,
    runtime::fits::{fit, in_flight},
    runtime::inner::{Else, Inner, PAUSE},
    runtime::recorded::Version,
    runtime::resumed::Restored,
    runtime::run::AnySaga,
    store::{Epoch, Mark, Peer, Row, Rows, SagaId, StoreError, TAKEOVERS, Take},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::sleep;
use typed_saga_core::Definition;

/// The versions that workers can run: names of sagas, and fingerprints.
type Runnable = BTreeSet<(Arc<str>, u64)>;

/// Checks each saga in flight that was not last written by the version of a living worker, or that
/// is marked. It marks a saga that cannot be read now: the saga may wait for a signal for weeks,
/// and operators should learn of it before that. It removes the mark of a saga that can be read.
///
/// In a store with one owner, this happens once. If several workers share the store, it happens
/// whenever the versions that the other workers can run have changed, and have stayed the same for
/// the length of a lease: during a deployment, the workers that can read a saga may be about to
/// start, or to stop. If several workers have the same versions, one of them checks for all.
pub(crate) async fn review(inner: Arc<Inner>) {
    let Ok(session) = inner.session().await else {
        return;
    };
    let Some(lease) = session.lease.length() else {
        return inner.look_at_all(&Runnable::new(), true).await;
    };
    let (mut before, mut looked) = (None, None);
    while let Ok(session) = inner.session().await {
        if let Ok(peers) = inner.store.peers(session.epoch).await {
            let (others, is_first) = inner.beside(session.epoch, peers);
            if is_first && before.as_ref() == Some(&others) && looked.as_ref() != Some(&others) {
                inner.look_at_all(&others, false).await;
                looked = Some(others.clone());
            }
            before = Some(others);
        }
        sleep(lease).await;
    }
}

impl Inner {
    /// The versions that other workers can run, and whether this worker is the first among those
    /// with equal versions.
    fn beside(&self, epoch: Epoch, peers: Vec<Peer>) -> (Runnable, bool) {
        let entries = self.entries.iter();
        let own: Runnable = entries
            .map(|(saga, entry)| (Arc::clone(saga), entry.fingerprint()))
            .collect();
        let (mut others, mut is_first) = (Runnable::new(), true);
        for Peer { epoch: other, runs } in peers {
            let runs = runs.into_iter().filter(|(name, _)| !name.is_empty());
            let runs: Runnable = runs.collect();
            // The order of epochs has no meaning; any order will do.
            is_first &= runs != own || epoch.0 < other.0;
            others.extend(runs.into_iter().filter(|version| !own.contains(version)));
        }
        (others, is_first)
    }

    /// `alone`: no other worker can have claimed a saga.
    async fn look_at_all(self: &Arc<Self>, others: &Runnable, alone: bool) {
        let pause = Duration::from_secs(1) / self.settings.recovery_rate;
        let mut pages = Rows::of(&*self.store, in_flight());
        while self.check().is_ok() {
            let rows = match pages.next().await {
                Ok(Some(rows)) => rows,
                Ok(None) => return,
                Err(_) => {
                    sleep(PAUSE).await;
                    continue;
                }
            };
            for row in rows {
                let by = self.current().map(|session| session.epoch);
                let is_free = row.claimed.is_none() || alone && row.claimed != by;
                if is_free && self.is_in_question(&row, others) {
                    self.look_until_seen(&row.saga).await;
                    sleep(pause).await;
                }
            }
        }
    }

    /// Whether a saga in flight may be unreadable, or may have a mark that no longer applies. A
    /// saga with which workers died is left alone: they may have died of reading it.
    fn is_in_question(&self, row: &Row, others: &Runnable) -> bool {
        let entry = self.entries.get(&row.saga.saga);
        let is_own = entry.is_some_and(|entry| entry.fingerprint() == row.fingerprint);
        let is_strange = if is_own {
            row.unreadable.is_some()
        } else {
            !others.contains(&(Arc::clone(&row.saga.saga), row.fingerprint))
        };
        is_strange && !row.is_quarantined()
    }

    async fn look_until_seen(self: &Arc<Self>, saga: &SagaId) {
        loop {
            let (inner, it) = (Arc::clone(self), saga.clone());
            // In a task of its own, so that a panic in user code ends only this check.
            let looked = self.tasks.spawn(async move { inner.look_at(&it).await });
            match looked.await {
                Ok(Err(StoreError::Unavailable { .. } | StoreError::Fenced { .. })) => {}
                Ok(Ok(())) => return,
                // It may be claimed.
                Ok(Err(_)) | Err(_) => return self.reconcile_soon(Some(saga)),
            }
            sleep(PAUSE).await;
        }
    }

    async fn look_at(self: &Arc<Self>, saga: &SagaId) -> Result<(), StoreError> {
        let Ok(session) = self.session().await else {
            return Ok(());
        };
        let entry = self.entries.get(&saga.saga);
        let definition = entry.map_or(&Definition::EMPTY, |entry| entry.definition());
        // This prevents other tasks of this engine from resuming it meanwhile.
        let Some(held) = self.hold_only(saga, definition, Else::Nothing) else {
            return Ok(());
        };
        // Claimed before it is read: a store counts the workers that die while reading it.
        let (epoch, id) = (session.epoch, saga.clone());
        let Take::Mine = self.store.claim_one(epoch, held.turn, id, None).await? else {
            return Ok(());
        };
        let Some(row) = self.read(entry.map(|entry| &**entry), saga).await? else {
            return Ok(());
        };
        let row = match row {
            Ok(row) => row,
            Err(why) => {
                drop(held);
                self.give_up(saga, Arc::new(why)).await;
                return Ok(());
            }
        };
        drop(self.live().unreadable.remove(saga));
        let released = held.release(row.due, Mark::Readable).await;
        drop(held);
        if let (Ok(()), Some(due)) = (&released, row.due) {
            self.due(due);
        }
        released
    }

    /// A saga's row, if this version can read everything from which a run would continue; `None` if
    /// there is no such saga.
    async fn read(
        &self,
        entry: Option<&dyn AnySaga>,
        saga: &SagaId,
    ) -> Result<Option<Result<Row, Unreadable>>, StoreError> {
        let stored = match self.store.load(saga.clone()).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                let row = self.row(saga).await?;
                return Ok(row.map(|row| {
                    if row.is_at_rest() {
                        Ok(row)
                    } else {
                        Err(Unreadable::Damaged(error))
                    }
                }));
            }
            stored => stored?,
        };
        let Some(stored) = stored else {
            return Ok(None);
        };
        // It has ended since it was listed, and stays as it is.
        if stored.row.is_at_rest() {
            return Ok(Some(Ok(stored.row)));
        }
        // Workers have died of reading it, as this one would.
        if stored.row.takeovers >= TAKEOVERS {
            let times = stored.row.takeovers;
            return Ok(Some(Err(Unreadable::Quarantined { times })));
        }
        let Some(entry) = entry else {
            return Ok(Some(Err(Unreadable::Unknown)));
        };
        if let Err(why) = entry.input(&stored.row.input) {
            return Ok(Some(Err(Unreadable::Input { why })));
        }
        let version = Version::from(entry);
        let folded = fit(
            &*self.store,
            version,
            &stored,
            (&self.definitions, self.now()),
        );
        let read = folded.await?.and_then(|folded| match folded {
            Some(folded) => entry.reads(&mut Restored::at_rest(&stored.row, folded)),
            None => Ok(()),
        });
        Ok(Some(read.map(|()| stored.row)))
    }
}
