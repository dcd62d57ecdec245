//! Reads sagas: each with its folded journal, or why that cannot be read.

mod place;

pub(crate) use place::{Place, places};

use crate::{failure::Failure, style};
use anstyle::Style;
use saga_core::definition::DefinitionRef;
use saga_engine::{
    EventFilter, Filter, Folded, ReadStore, Row, Runner, SagaId, State, StoreError, Stored, Time,
    Unreadable, schema::Definitions, undelivered, why,
};
use std::sync::Arc;

/// A journal to read, and what the reports depend on besides.
pub(crate) struct Reader {
    pub(crate) journal: Arc<dyn ReadStore>,
    /// The time at which the command runs.
    pub(crate) now: Time,
    /// The width of the terminal, if the output is one.
    pub(crate) width: Option<usize>,
    /// Whether an engine that may run sagas of the journal is alive.
    runs: bool,
    definitions: Definitions,
}

/// One saga as it is on record.
pub(crate) struct Look {
    pub(crate) stored: Stored,
    pub(crate) folded: Result<Folded, Unreadable>,
    /// One sentence: where it is, and why.
    pub(crate) why: String,
    /// One of its calls runs for far too long.
    overdue: bool,
}

/// How many rows are read at once.
const PAGE: usize = 500;

impl Reader {
    pub(crate) async fn new(
        journal: Arc<dyn ReadStore>,
        now: Time,
        width: Option<usize>,
    ) -> Result<Self, Failure> {
        let runs = !journal.workers().await?.is_empty();
        Ok(Self {
            journal,
            now,
            width,
            runs,
            definitions: Definitions::default(),
        })
    }

    /// Reads the saga of this row; `None` if it was purged meanwhile.
    pub(crate) async fn look(&self, row: Row) -> Result<Option<Look>, Failure> {
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
                return Ok(Some(self.told(stored, Err(Unreadable::Damaged(error)))));
            }
            Err(error) => return Err(error.into()),
        };
        let folded = match self.definition(&stored.row).await? {
            Ok(definition) => Folded::of(definition, &stored.commits).map_err(Unreadable::Fold),
            Err(why) => Err(why),
        };
        let mut look = self.told(stored, folded);
        if look.row().tells() {
            let first = EventFilter::first_undelivered_of(look.saga().clone());
            let first = self.journal.events(first).await?;
            look.why.extend(first.iter().map(undelivered));
        }
        Ok(Some(look))
    }

    fn told(&self, stored: Stored, mut folded: Result<Folded, Unreadable>) -> Look {
        if let Ok(folded) = &mut folded {
            folded.set_clock(self.now, &stored.row);
        }
        let row = &stored.row;
        // Whoever has claimed it runs it, if they are alive.
        let runner = match (self.runs, row.claimed) {
            (true, Some(_)) => Runner::AtHand,
            (true, None) => Runner::Alive,
            (false, _) => Runner::Nobody,
        };
        let (why, overdue) = match (&folded, &row.unreadable) {
            // The engine that had it last knows more than is on record: its types.
            (_, Some(reason)) => (why(row, Err(reason), self.now, runner), false),
            (Err(reason), None) => (why(row, Err(reason), self.now, runner), false),
            (Ok(folded), None) => (
                why(row, Ok(folded), self.now, runner),
                runner == Runner::AtHand && !folded.whole().overdue(self.now).is_empty(),
            ),
        };
        Look {
            stored,
            folded,
            why,
            overdue,
        }
    }

    /// The definition that a saga was run with.
    async fn definition(&self, row: &Row) -> Result<Result<DefinitionRef, Unreadable>, Failure> {
        let fingerprint = row.fingerprint;
        let kept = self
            .journal
            .definition(row.saga.saga.clone(), fingerprint)
            .await;
        Ok(match kept {
            Ok(None) => Err(Unreadable::NoDefinition { fingerprint }),
            Ok(Some(kept)) => self.definitions.read(&kept).map_err(Unreadable::Definition),
            Err(error @ StoreError::Corrupt { .. }) => Err(Unreadable::Damaged(error)),
            Err(error) => return Err(error.into()),
        })
    }

    /// The rows that fit, by name and id.
    pub(crate) fn rows(&self, filter: Filter) -> Rows<'_> {
        let filter = Filter {
            limit: Some(PAGE),
            ..filter
        };
        Rows {
            journal: &*self.journal,
            filter: Some(filter),
        }
    }
}

/// Rows read page by page, since there may be many.
pub(crate) struct Rows<'a> {
    journal: &'a dyn ReadStore,
    /// None when there are no more.
    filter: Option<Filter>,
}

impl Rows<'_> {
    /// The next page; `None` when there are no more.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Row>>, Failure> {
        let Some(filter) = self.filter.take() else {
            return Ok(None);
        };
        let rows = self.journal.list(filter.clone()).await?;
        let last = rows.last().filter(|_| rows.len() == PAGE);
        self.filter = last.map(|last| Filter {
            after: Some(last.saga.clone()),
            ..filter
        });
        Ok(Some(rows))
    }
}

impl Look {
    pub(crate) fn row(&self) -> &Row {
        &self.stored.row
    }

    pub(crate) fn saga(&self) -> &SagaId {
        &self.stored.row.saga
    }

    /// Why it cannot be read, if so: by this command, or by the engine that had it last.
    pub(crate) fn unreadable(&self) -> Option<String> {
        let noted = self.row().unreadable.as_deref().map(str::to_owned);
        let why = self.folded.as_ref().err();
        noted.or_else(|| why.map(ToString::to_string))
    }

    pub(crate) fn is_unreadable(&self) -> bool {
        self.row().unreadable.is_some() || self.folded.is_err()
    }

    /// Whether it is under way, and one of its calls fails again and again, or does not end.
    pub(crate) fn is_stuck(&self) -> bool {
        let moves = matches!(self.row().state, State::Running | State::Waiting);
        let moves = moves && self.row().unreadable.is_none();
        let folded = self.folded.as_ref().ok().filter(|_| moves);
        folded.is_some_and(|folded| {
            let spots = folded.whole().spots();
            let mut stuck = spots.iter().map(|spot| spot.kernel().is_stuck(spot.step));
            self.overdue || stuck.any(|stuck| stuck)
        })
    }

    /// Its state, or `unreadable`, and its colour.
    pub(crate) fn state(&self) -> (&'static str, Style) {
        if self.is_unreadable() {
            ("unreadable", style::UNKNOWN)
        } else if self.is_stuck() {
            (self.row().state.as_str(), style::BAD)
        } else {
            (self.row().state.as_str(), style::of(self.row().state))
        }
    }
}
