//! Whether sagas in flight can be read by the versions at hand: an engine looks when it starts, and
//! anybody may look before a deployment.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::schema::Definitions,
    runtime::inner::{Else, Inner, PAUSE},
    runtime::lease::Session,
    runtime::reading::{Reading, Version},
    runtime::run::Entry,
    store::{Filter, Mark, ReadStore, Row, Rows, SagaId, State, StoreError, Stored, Take},
};
use saga_core::definition::Definition;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How the sagas in flight in a store fit the definitions of a program. Given by [`fits`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Fits {
    /// How many can go on.
    pub fit: u64,
    /// Those that cannot, and why.
    pub unfit: Vec<(SagaId, Unreadable)>,
}

/// Reads all sagas in flight that have one of these definitions' names, parked ones included, and says
/// which of them a program with these definitions could not continue. It changes nothing, and needs no
/// engine: run it against the store, or a replica of it, before you deploy.
///
/// Only what is recorded is compared, not whether recorded JSON can be read as the types of today.
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
    let mut fits = Fits {
        fit: 0,
        unfit: Vec::new(),
    };
    for definition in definitions {
        let version = Version::of(definition);
        let mut pages = Rows::of(store, in_flight(Some((&*definition.name).into())));
        while let Some(rows) = pages.next().await? {
            for Row { saga, .. } in rows {
                let fit = match store.load(saga.clone()).await {
                    Ok(Some(stored)) => fit(store, version, &stored, &known).await?,
                    Ok(None) => continue,
                    Err(error @ StoreError::Corrupt { .. }) => Err(Unreadable::Damaged(error)),
                    Err(error) => return Err(error),
                };
                match fit {
                    Ok(_) => fits.fit += 1,
                    Err(why) => fits.unfit.push((saga, why)),
                }
            }
        }
    }
    Ok(fits)
}

/// What is in flight, of one name or of all.
fn in_flight(saga: Option<Arc<str>>) -> Filter {
    Filter {
        saga,
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

/// Looks once at each saga in flight that another version wrote last, or that is marked. What
/// cannot be read is marked now: it may wait for a signal for weeks, and people hear of it before that.
/// What can be read loses its mark.
///
/// Only in a store with one owner: where many share one, workers of another version may run what this
/// one cannot read, and must find no mark for that.
pub(crate) async fn review(inner: Arc<Inner>) {
    let one_owner = |session: Session| session.lease.length().is_none();
    if !inner.session().await.is_ok_and(one_owner) {
        return;
    }
    let pause = Duration::from_secs(1) / inner.settings.recovery_rate;
    let mut pages = Rows::of(&*inner.store, in_flight(None));
    while inner.check().is_ok() {
        let rows = match pages.next().await {
            Ok(Some(rows)) => rows,
            Ok(None) => return,
            Err(_) => {
                sleep(PAUSE).await;
                continue;
            }
        };
        for row in rows.into_iter().filter(|row| inner.is_in_question(row)) {
            let row = Arc::new(row);
            loop {
                let (inner, row) = (Arc::clone(&inner), Arc::clone(&row));
                // In a task of its own, so that a panic in user code ends only this look.
                let looked = tokio::spawn(async move { inner.look_at(&row).await });
                match looked.await {
                    Ok(Err(StoreError::Unavailable { .. } | StoreError::Fenced { .. })) => {}
                    Ok(_) | Err(_) => break,
                }
                sleep(PAUSE).await;
            }
            sleep(pause).await;
        }
    }
}

impl Inner {
    /// Whether a saga in flight may be unreadable to this version, or may carry a mark that no longer
    /// applies. One that workers died with is left alone: reading it may be what they died of.
    fn is_in_question(&self, row: &Row) -> bool {
        let entry = self.entries.get(&row.saga.saga);
        let is_own = entry.is_some_and(|entry| entry.fingerprint() == row.fingerprint);
        let is_known = is_own && row.unreadable.is_none();
        row.claimed.is_none() && !is_known && !row.is_set_aside()
    }

    async fn look_at(self: &Arc<Self>, row: &Row) -> Result<(), StoreError> {
        let saga = &row.saga;
        let Ok(session) = self.session().await else {
            return Ok(());
        };
        let Some(entry) = self.entries.get(&saga.saga) else {
            if let Take::Mine = self.store.claim_one(session.epoch, saga.clone()).await? {
                self.give_up(saga, Arc::new(Unreadable::Unknown)).await;
            }
            return Ok(());
        };
        // So that no other task of this engine takes it up meanwhile.
        let held = self.hold_only(saga, entry.definition(), Else::Nothing);
        let Some(held) = held else {
            return Ok(());
        };
        let Some((row, read)) = self.read(&**entry, saga).await? else {
            return Ok(());
        };
        if read.is_ok() == row.unreadable.is_none() {
            if let Err(why) = read {
                self.unreadable(saga, Arc::new(why));
            }
            return Ok(());
        }
        let Take::Mine = self.store.claim_one(session.epoch, saga.clone()).await? else {
            return Ok(());
        };
        if let Err(why) = read {
            self.give_up(saga, Arc::new(why)).await;
            return Ok(());
        }
        drop(self.live().unreadable.remove(saga));
        let cleared = Mark::Cleared;
        let let_go = self
            .store
            .let_go(session.epoch, row.saga, row.due, cleared)
            .await;
        drop(held);
        match row.due {
            _ if let_go.is_err() => self.settle(saga).await,
            Some(due) => self.due(due),
            None => {}
        }
        let_go
    }

    /// A saga, and whether this version can read all that it has on record.
    async fn read(
        &self,
        entry: &dyn Entry,
        saga: &SagaId,
    ) -> Result<Option<(Row, Result<(), Unreadable>)>, StoreError> {
        let stored = match self.store.load(saga.clone()).await {
            Err(error @ StoreError::Corrupt { .. }) => {
                let row = self.row(saga).await?;
                return Ok(row.map(|row| (row, Err(Unreadable::Damaged(error)))));
            }
            stored => stored?,
        };
        let Some(stored) = stored else {
            return Ok(None);
        };
        let input = entry.input(&stored.row.input);
        let input = input.map_err(|why| Unreadable::Input { why });
        let fit = fit(
            &*self.store,
            Version::from(entry),
            &stored,
            &self.definitions,
        )
        .await?;
        let read = input.and_then(|_| match fit? {
            Some(folded) => entry.snapshot(&folded).map(drop),
            None => Ok(()),
        });
        Ok(Some((stored.row, read)))
    }
}
