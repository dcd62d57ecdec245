//! Sagas by a filter, page by page.

use super::Line;
use crate::{app::App, problem::Problem};
use saga_engine::{Filter, SagaId, State};
use serde::{Deserialize, Serialize};

/// How many sagas a page has.
const PAGE: usize = 50;
/// How many it may have.
const MOST: usize = 200;

/// Which sagas are asked for. What is empty is not asked for, since forms send it so.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Of this name.
    pub(crate) saga: String,
    /// With this id.
    pub(crate) id: String,
    /// In one of these states, with commas between them; or `unreadable`.
    pub(crate) state: String,
    /// Behind this one, in the order of the list.
    pub(crate) after_saga: String,
    pub(crate) after_id: String,
    /// At most so many.
    pub(crate) limit: Option<usize>,
}

#[derive(Serialize)]
pub(crate) struct List {
    pub(crate) sagas: Vec<Line>,
    /// Whether there are more behind the last one.
    pub(crate) more: bool,
}

impl Asked {
    fn filter(&self) -> Result<Filter, Problem> {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        let mut filter = Filter {
            saga: some(&self.saga),
            id: some(&self.id),
            after: some(&self.after_saga)
                .map(|after: std::sync::Arc<str>| SagaId::new(after, self.after_id.as_str())),
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

/// The sagas that are asked for, by name and id.
pub(crate) async fn list(app: &App, asked: &Asked) -> Result<List, Problem> {
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MOST);
    let reader = app.reader().await?;
    let filter = Filter {
        limit: Some(limit + 1),
        ..asked.filter()?
    };
    let mut rows = reader.journal.list(filter).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut sagas = Vec::with_capacity(rows.len());
    for row in rows {
        let look = reader.look(row).await?;
        sagas.extend(look.map(|look| Line::of(&look, reader.now)));
    }
    Ok(List { sagas, more })
}
