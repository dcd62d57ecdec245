//! Sagas by a filter, page by page.

use crate::problem::Problem;
use serde::Deserialize;
use typed_saga_engine::{
    Filter, SagaId, State, Time,
    look::{Listed, Reader, SagaLine},
};

/// The number of sagas on a page.
const PAGE: usize = 50;
/// The maximum number that a query may ask for.
const MOST: usize = 200;

/// Which sagas are asked for. What is empty is not asked for, since forms send it so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    /// Of this name.
    pub(crate) saga: String,
    /// With this id.
    pub(crate) id: String,
    /// Whose id begins so.
    pub(crate) prefix: String,
    /// Changed last then or later, and before then: as RFC 3339, or a date.
    pub(crate) since: String,
    pub(crate) before: String,
    /// In one of these states, with commas between them; or `unreadable`.
    pub(crate) state: String,
    /// Behind this one, in the order of the list.
    pub(crate) after_saga: String,
    pub(crate) after_id: String,
    /// At most so many.
    pub(crate) limit: Option<usize>,
}

impl ListQuery {
    /// The filter for a page: one saga more than it shows.
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        let mut filter = Filter {
            saga: some(&self.saga),
            id: some(&self.id),
            prefix: some(&self.prefix),
            since: moment(&self.since)?,
            before: moment(&self.before)?,
            after: some(&self.after_saga)
                .map(|after: std::sync::Arc<str>| SagaId::new(after, self.after_id.as_str())),
            limit: Some(self.limit.unwrap_or(PAGE).clamp(1, MOST) + 1),
            ..Filter::default()
        };
        for word in self.state.split(',').filter(|word| !word.is_empty()) {
            match (word, State::parse(word)) {
                ("unreadable", _) => filter.unreadable = true,
                (_, Some(state)) => filter.states.push(state),
                (_, None) => return Err(Problem::bad(format!("there is no state `{word}`"))),
            }
        }
        Ok(filter)
    }
}

fn moment(text: &str) -> Result<Option<Time>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let time = Time::parse(text);
    let wrong = || {
        Problem::bad(format!(
            "`{text}` is no time: write 2026-11-20 or 2026-11-20T10:00:00Z"
        ))
    };
    time.ok_or_else(wrong).map(Some)
}

/// The sagas that are asked for, by name and id.
pub(crate) async fn list(reader: &Reader, asked: &ListQuery) -> Result<Listed, Problem> {
    let filter = asked.filter()?;
    let behind = filter.limit;
    let mut rows = reader.journal.list(filter).await?;
    // One more than is shown.
    let more = Some(rows.len()) == behind;
    rows.truncate(behind.map_or(0, |behind| behind - 1));
    let mut sagas = Vec::with_capacity(rows.len());
    for row in rows {
        let look = reader.look(row).await?;
        sagas.extend(look.map(|look| SagaLine::of(&look, reader.now)));
    }
    Ok(Listed { sagas, more })
}
