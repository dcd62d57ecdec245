//! Checks before a deployment whether a program can continue the sagas in flight.

use crate::{
    error::Unreadable,
    journal::fold::Folded,
    journal::schema::{Definitions, Difference},
    runtime::reading::Continuation,
    runtime::recorded::{Recorded, Version},
    runtime::{resumed::Restored, run::reads},
    store::{
        EventFilter, EventRow, Filter, ReadStore, Row, Rows, SagaId, State, StoreError, Stored,
        Time,
    },
};
use futures_util::{StreamExt as _, stream};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};
use typed_saga_core::{
    Durable, Machine, Services, ServicesOf, definition::Definition, run::discard,
};

/// A durable saga of a program, as [`fits`] needs it: its declaration, and its types.
pub struct SagaType {
    definition: &'static Definition,
    input: fn(&str) -> Result<(), String>,
    reads: fn(&mut Restored) -> Result<(), Unreadable>,
    event: fn(&str) -> Result<(), String>,
}

impl SagaType {
    /// The durable saga `S`; `V` is the type of its services, of which none is needed.
    #[must_use]
    pub fn of<S, V: ServicesOf<S>>() -> Self {
        Self::durable::<V::Saga, V::Services>()
    }

    fn durable<S: Durable, V: Services<S>>() -> Self {
        Self {
            definition: S::DEFINITION,
            input: |json| S::INPUT.decode(json).map(discard),
            reads: reads::<S, V>,
            event: |json| {
                let event = <V::Machine as Machine>::event_codec().decode(json);
                event.map(discard)
            },
        }
    }

    /// Whether the types can read everything from which the saga would continue.
    fn read(&self, row: &Row, folded: Option<Folded>) -> Result<(), Unreadable> {
        (self.input)(&row.input).map_err(|why| Unreadable::Input { why })?;
        folded.map_or(Ok(()), |folded| {
            (self.reads)(&mut Restored::at_rest(row, folded))
        })
    }
}

impl fmt::Debug for SagaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SagaType")
            .field(&self.definition.name)
            .finish()
    }
}

/// Reports whether a program can continue the sagas in flight in a store. Returned by [`fits`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Fits {
    /// The number of sagas that can continue.
    pub fit: u64,
    /// The sagas that cannot continue, or have undelivered events that the program cannot deliver,
    /// and the reasons.
    pub unfit: Vec<(SagaId, Unreadable)>,
}

/// Reads all sagas in flight, including parked ones, and reports which of them a program with these
/// sagas could not continue, and why; and which events it could not deliver. Pass each saga that the
/// program registers: a saga in flight with any other name was deleted, or renamed without `#[name]`,
/// and does not fit. This changes nothing and needs no engine: run it against the store, or a replica
/// of it, before you deploy.
///
/// It reads what is recorded as the program's types, so its result is exact.
///
/// ```
/// # use typed_saga_core::{Durable, Services};
/// # use typed_saga_engine::{Memory, SagaType, StoreError, fits};
/// # async fn ask<BookTrip: Durable, BookTripServices: Services<BookTrip>>(store: Memory) -> Result<(), StoreError> {
/// let fits = fits(&store, [SagaType::of::<BookTrip, BookTripServices>()]).await?;
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
    sagas: impl IntoIterator<Item = SagaType>,
) -> Result<Fits, StoreError> {
    let (known, now) = (Definitions::default(), store.now().await?);
    let sagas: HashMap<_, _> = sagas
        .into_iter()
        .map(|saga| (&*saga.definition.name, saga))
        .collect();
    let mut fits = Fits {
        fit: 0,
        unfit: Vec::new(),
    };
    let mut pages = Rows::of(store, in_flight());
    while let Some(rows) = pages.next().await? {
        let (sagas, known) = (&sagas, &known);
        let found = stream::iter(rows).map(async |Row { saga, .. }| {
            let fit = match sagas.get(&*saga.saga) {
                None => Err(Unreadable::Unknown),
                Some(types) => match store.load(saga.clone()).await {
                    Ok(Some(stored)) => {
                        let version = Version::of(types.definition);
                        let folded = fit(store, version, &stored, (known, now)).await?;
                        folded.and_then(|folded| types.read(&stored.row, folded))
                    }
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
                Some((_, Ok(()))) => fits.fit += 1,
                Some((saga, Err(why))) => fits.unfit.push((saga, why)),
                None => {}
            }
        }
    }
    fits.unfit.extend(undelivered(store, &sagas, &known).await?);
    Ok(fits)
}

/// The sagas with events that the program could not deliver, each with the first such event.
async fn undelivered(
    store: &impl ReadStore,
    sagas: &HashMap<&str, SagaType>,
    known: &Definitions,
) -> Result<BTreeMap<SagaId, Unreadable>, StoreError> {
    let (mut found, mut after) = (BTreeMap::new(), None);
    loop {
        let page = EventFilter {
            undelivered: true,
            after,
            limit: Some(PAGE),
            ..EventFilter::default()
        };
        let events = store.events(page).await?;
        for event in &events {
            let types = sagas.get(&*event.saga.saga);
            let unknown = types.filter(|_| !found.contains_key(&event.saga));
            let Some(types) = unknown else { continue };
            if let Some(why) = unfit(store, types, event, known).await? {
                found.insert(event.saga.clone(), why);
            }
        }
        match events.last() {
            Some(last) if events.len() == PAGE => after = Some(last.position),
            _ => return Ok(found),
        }
    }
}

/// Why the program could not deliver the event. What a relay delivers, it need not.
async fn unfit(
    store: &impl ReadStore,
    types: &SagaType,
    event: &EventRow,
    known: &Definitions,
) -> Result<Option<Unreadable>, StoreError> {
    if types.definition.publish.is_some() {
        let number = event.number;
        let read = (types.event)(&event.payload);
        return Ok(read.err().map(|why| Unreadable::Event { number, why }));
    }
    if types.definition.emits.is_some() {
        return Ok(None);
    }
    let rows = store.list(Filter::of(event.saga.clone())).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let was = known.found(store, row, row.fingerprint).await?;
    Ok(was.ok().filter(|was| was.publish.is_some()).map(|was| {
        let was = was.emits.clone().unwrap_or_default();
        Unreadable::Changed(Difference::Emits { was, is: None })
    }))
}

/// The number of sagas that are read concurrently, so that a store need not wait for the next
/// request.
const AT_A_TIME: usize = 32;
/// The number of events that are read at once.
const PAGE: usize = 1000;

/// The sagas in flight.
pub(super) fn in_flight() -> Filter {
    Filter {
        states: vec![State::Running, State::Waiting, State::Parked],
        ..Filter::default()
    }
}

/// A saga as this version continues it; `None` if it has no records yet.
pub(super) async fn fit(
    store: &(impl ReadStore + ?Sized),
    version: Version,
    stored: &Stored,
    (known, now): (&Definitions, Time),
) -> Result<Result<Option<Folded>, Unreadable>, StoreError> {
    if stored.commits.is_empty() {
        return Ok(Ok(None));
    }
    let recorded = Recorded::found(store, Some(version), stored, known).await?;
    let reading =
        recorded.and_then(|recorded| Continuation::of(version, (&recorded, &stored.row), now));
    Ok(reading.map(|reading| Some(reading.folded)))
}
