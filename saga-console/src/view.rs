//! What is shown, as data: the same for pages and for the API.

pub(crate) mod list;
pub(crate) mod overview;
pub(crate) mod saga;

use crate::problem::Problem;
use saga_engine::{
    ReadStore, State, Time,
    look::{Look, Place, Reader, Tone, age, places},
};
use serde::Serialize;
use std::sync::Arc;

/// A store, now.
pub(crate) async fn reader(store: &Arc<dyn ReadStore>) -> Result<Reader, Problem> {
    let now = store.now().await?;
    Ok(Reader::new(Arc::clone(store), now).await?)
}

/// A saga in a list.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) saga: String,
    pub(crate) id: String,
    pub(crate) state: State,
    /// Why its journal cannot be read.
    pub(crate) unreadable: Option<String>,
    pub(crate) stuck: bool,
    pub(crate) started: String,
    /// When it was changed last.
    pub(crate) since: String,
    /// How long ago that was.
    #[serde(skip)]
    pub(crate) age: String,
    pub(crate) r#where: Vec<Place>,
    pub(crate) why: String,
    #[serde(skip)]
    pub(crate) badge: (&'static str, Tone),
}

impl Line {
    pub(crate) fn of(look: &Look, now: Time) -> Self {
        let row = look.row();
        let folded = look.folded.as_ref().ok();
        Self {
            saga: row.saga.saga.to_string(),
            id: row.saga.id.to_string(),
            state: row.state,
            unreadable: look.unreadable(),
            stuck: look.is_stuck(),
            started: row.created.to_string(),
            since: row.updated.to_string(),
            age: age(now.since(row.updated)),
            r#where: folded.map_or_else(Vec::new, |folded| places(folded, row.state)),
            why: look.why.clone(),
            badge: look.state(),
        }
    }
}
