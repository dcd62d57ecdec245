//! Rows of a store, page by page.

use super::{Filter, ReadStore, Row, StoreError};
use std::fmt;

/// The number of rows read at once.
const PAGE: usize = 500;

/// Rows read page by page, since there may be many.
pub struct Rows<'a, S: ?Sized = dyn ReadStore> {
    store: &'a S,
    /// `None` when there are no more.
    filter: Option<Filter>,
}

impl<'a, S: ReadStore + ?Sized> Rows<'a, S> {
    /// All rows that match, by name and id, regardless of the filter's limit.
    #[must_use]
    pub fn of(store: &'a S, filter: Filter) -> Self {
        let filter = Filter {
            limit: Some(PAGE),
            ..filter
        };
        Self {
            store,
            filter: Some(filter),
        }
    }

    /// The next page; `None` when there are no more. After an error, the same page is read again.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<Row>>, StoreError> {
        let Some(filter) = &mut self.filter else {
            return Ok(None);
        };
        let rows = self.store.list(filter.clone()).await?;
        match rows.last().filter(|_| rows.len() == PAGE) {
            Some(last) => filter.after = Some(last.saga.clone()),
            None => self.filter = None,
        }
        Ok(Some(rows))
    }
}

impl<S: ?Sized> fmt::Debug for Rows<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
