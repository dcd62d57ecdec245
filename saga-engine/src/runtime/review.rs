//! Checks whether the registered versions can read the sagas in flight: an engine does so when it
//! starts and when the other workers change, and you can do so before a deployment.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::schema::Definitions,
    runtime::inner::{Else, Inner, PAUSE},
    runtime::reading::{Reading, Version},
    runtime::run::Entry,
    store::{
        Epoch, Filter, Mark, Peer, ReadStore, Row, Rows, SagaId, State, StoreError, Stored, Take,
    },
};
use futures_util::{StreamExt as _, stream};
use saga_core::definition::Definition;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::sleep;

/// Reports whether the sagas in flight in a store fit the definitions of a program. Returned by
/// [`fits`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Fits {
    /// The number of sagas that can continue.
    pub fit: u64,
    /// The sagas that cannot continue, and the reasons.
    pub unfit: Vec<(SagaId, Unreadable)>,
}

/// Reads all sagas in flight, including parked ones, and reports which of them a program with these
/// definitions could not continue, and why. Pass the definition of each saga that the program
/// registers: a saga in flight with any other name was deleted, or renamed without `#[name]`, and
/// does not fit. This changes nothing and needs no engine: run it against the store, or a replica
/// of it, before you deploy.
///
/// It reads what is recorded, so its result is exact, except that it does not check whether
/// recorded JSON can be read as the program's current types.
///
/// ```
/// # use saga_core::definition::Definition;
/// # use saga_engine::{Memory, StoreError, fits};
/// // `book_trip` is `&BookTrip::DEFINITION`, of a saga that the program declares.
/// # async fn ask(store: Memory, book_trip: &'static Definition) -> Result<(), StoreError> {
/// let fits = fits(&store, [book_trip]).await?;
/// for (saga, why) in &fits.unfit {
///     eprintln!("{saga} cannot go on: {why}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StoreError`] if the store cannot be read.
pub async fn fits(
    store: &impl ReadStore,
    definitions: impl IntoIterator<Item = &'static Definition>,
) -> Result<Fits, StoreError> {
    let known = Definitions::default();
    let versions = definitions.into_iter();
    let versions: HashMap<_, _> = versions
        .map(|definition| (&*definition.name, Version::of(definition)))
        .collect();
    let mut fits = Fits {
        fit: 0,
        unfit: Vec::new(),
    };
    let mut pages = Rows::of(store, in_flight());
    while let Some(rows) = pages.next().await? {
        let (versions, known) = (&versions, &known);
        let found = stream::iter(rows).map(async |Row { saga, .. }| {
            let fit = match versions.get(&*saga.saga) {
                None => Err(Unreadable::Unknown),
                Some(version) => match store.load(saga.clone()).await {
                    Ok(Some(stored)) => fit(store, *version, &stored, known).await?,
                    Ok(None) => return Ok(None),
                    Err(error @ StoreError::Corrupt { .. }) => Err(Unreadable::Damaged(error)),
                    Err(error) => return Err(error),
                },
            };
            Ok(Some((saga, fit)))
        });
        let mut found = found.buffered(AT_A_TIME);
        while let Some(found) = found.next().await {
            match found? {
                Some((_, Ok(_))) => fits.fit += 1,
                Some((saga, Err(why))) => fits.unfit.push((saga, why)),
                None => {}
            }
        }
    }
    Ok(fits)
}

/// The number of sagas that are read concurrently, so that a store need not wait for the next
/// request.
const AT_A_TIME: usize = 32;

/// The sagas in flight.
fn in_flight() -> Filter {
    Filter {
        states: vec![State::Running, State::Waiting, State::Parked],
        ..Filter::default()
    }
}

/// The records of a saga as this version reads them; `None` if there are none yet.
async fn fit(
    store: &(impl ReadStore + ?Sized),
    version: Version,
    stored: &Stored,
    known: &Definitions,
) -> Result<Result<Option<Folded>, Unreadable>, StoreError> {
    if stored.commits.is_empty() {
        return Ok(Ok(None));
    }
    let reading = Reading::found(store, version, stored, known).await?;
    Ok(reading.and_then(|reading| reading.folded(stored).map(Some)))
}

/// The versions that workers can run: names of sagas, and fingerprints.
type Versions = BTreeSet<(Arc<str>, u64)>;

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
        return inner.look_at_all(&Versions::new(), true).await;
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
    fn beside(&self, epoch: Epoch, peers: Vec<Peer>) -> (Versions, bool) {
        let entries = self.entries.iter();
        let own: Versions = entries
            .map(|(saga, entry)| (Arc::clone(saga), entry.fingerprint()))
            .collect();
        let (mut others, mut is_first) = (Versions::new(), true);
        for Peer { epoch: other, runs } in peers {
            let runs = Versions::from_iter(runs);
            // The order of epochs has no meaning; any order will do.
            is_first &= runs != own || epoch.0 < other.0;
            others.extend(runs.into_iter().filter(|version| !own.contains(version)));
        }
        (others, is_first)
    }

    /// `alone`: no other worker can have claimed a saga.
    async fn look_at_all(self: &Arc<Self>, others: &Versions, alone: bool) {
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
    fn is_in_question(&self, row: &Row, others: &Versions) -> bool {
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
                Ok(Err(_)) | Err(_) => return self.settle(saga).await,
            }
            sleep(PAUSE).await;
        }
    }

    async fn look_at(self: &Arc<Self>, saga: &SagaId) -> Result<(), StoreError> {
        let Ok(session) = self.session().await else {
            return Ok(());
        };
        let entry = self.entries.get(&saga.saga);
        // This prevents other tasks of this engine from resuming it meanwhile.
        let held = entry.map(|entry| self.hold_only(saga, entry.definition(), Else::Nothing));
        if let Some(None) = held {
            return Ok(());
        }
        // Claimed before it is read: a store with many workers counts the workers that die while
        // reading it.
        let Take::Mine = self.store.claim_one(session.epoch, saga.clone()).await? else {
            return Ok(());
        };
        let row = match entry {
            None => Err(Unreadable::Unknown),
            Some(entry) => match self.read(&**entry, saga).await? {
                None => return Ok(()),
                Some(row) => row,
            },
        };
        let row = match row {
            Ok(row) => row,
            Err(why) => {
                self.give_up(saga, Arc::new(why)).await;
                return Ok(());
            }
        };
        drop(self.live().unreadable.remove(saga));
        let release = self
            .store
            .release(session.epoch, row.saga, row.due, Mark::Readable)
            .await;
        drop(held);
        match row.due {
            _ if release.is_err() => self.settle(saga).await,
            Some(due) => self.due(due),
            None => {}
        }
        release
    }

    /// A saga's row, if this version can read everything from which a run would continue; `None` if
    /// there is no such saga.
    async fn read(
        &self,
        entry: &dyn Entry,
        saga: &SagaId,
    ) -> Result<Option<Result<Row, Unreadable>>, StoreError> {
        let stored = match self.store.load(saga.clone()).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                return Ok(Some(Err(Unreadable::Damaged(error))));
            }
            stored => stored?,
        };
        let Some(stored) = stored else {
            return Ok(None);
        };
        if let Err(why) = entry.input(&stored.row.input) {
            return Ok(Some(Err(Unreadable::Input { why })));
        }
        let fit = fit(&*self.store, entry.into(), &stored, &self.definitions).await?;
        let read = fit.and_then(|folded| match folded {
            Some(folded) => entry.reads(&stored.row, &folded),
            None => Ok(()),
        });
        Ok(Some(read.map(|()| stored.row)))
    }
}
