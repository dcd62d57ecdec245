//! Says that a page has changed, by server-sent events. What has changed is not said: the page is
//! asked for again.

use crate::{
    api::{Asked, query},
    app::App,
    mark::mark,
    problem::Problem,
    view::{list, overview},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream::unfold};
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::sleep};
use typed_saga_engine::{Filter, SagaId};

/// The interval at which it looks for changes.
const EVERY: Duration = Duration::from_millis(500);
/// After so many looks something is said, so that a reader that is gone is noticed.
const QUIET: u32 = 30;

/// The subject of a page, and its mark when it was rendered.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Live {
    #[serde(default)]
    page: String,
    #[serde(default)]
    seen: String,
    #[serde(flatten)]
    asked: list::ListQuery,
}

/// A page that is kept up to date.
enum Page {
    Overview,
    Saga(SagaId),
    Sagas(list::ListQuery),
}

struct Watch {
    app: Arc<App>,
    page: Page,
    seen: String,
    _room: OwnedSemaphorePermit,
}

pub(crate) async fn live(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    live: Asked<Live>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let live = query(live)?;
    // Whoever lost the connection says what they were told last.
    let told = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let seen = told.unwrap_or(&live.seen).to_owned();
    let page = Page::of(live)?;
    let full = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open");
    let room = Arc::clone(&app.pages).try_acquire_owned().map_err(full)?;
    let watch = Watch {
        app,
        page,
        seen,
        _room: room,
    };
    Ok(Sse::new(unfold(watch, |mut watch| async move {
        let event = watch.next().await;
        Some((Ok(event), watch))
    })))
}

impl Page {
    /// Refuses what is no page, of which nothing would ever be told.
    fn of(live: Live) -> Result<Self, Problem> {
        let Live { page, asked, .. } = live;
        match page.as_str() {
            "" => Ok(Self::Overview),
            "saga" => Ok(Self::Saga(SagaId::new(asked.saga, asked.id))),
            "sagas" => asked.filter().map(|_| Self::Sagas(asked)),
            other => Err(Problem::bad(format!("there is no page `{other}`"))),
        }
    }

    async fn mark(&self, app: &App) -> Result<String, Problem> {
        match self {
            Self::Overview => Ok(overview::mark_of(&*overview::overview(&app.counts).await?)),
            Self::Saga(saga) => one(app, saga).await,
            Self::Sagas(asked) => many(app, asked).await,
        }
    }
}

impl Watch {
    async fn next(&mut self) -> Event {
        for _ in 0..QUIET {
            // A store that cannot be read for a moment says nothing new.
            if let Ok(mark) = self.page.mark(&self.app).await
                && mark != self.seen
            {
                self.seen = mark;
                // Browsers pass over an event without data.
                let event = Event::default().event("changed").id(&self.seen);
                return event.data(&self.seen);
            }
            sleep(EVERY).await;
        }
        Event::default().comment("")
    }
}

/// The mark of one saga.
pub(crate) async fn one(app: &App, saga: &SagaId) -> Result<String, Problem> {
    let rows = app.store.list(Filter::of(saga.clone())).await?;
    let messages = app.store.messages().await?;
    let asked = messages.iter().filter(|message| message.saga == *saga);
    let asked: Vec<_> = asked.map(|message| message.number).collect();
    let row = rows.first();
    let row = row.map(|row| {
        (
            row.commits,
            row.state,
            row.claimed.is_some(),
            &row.unreadable,
        )
    });
    Ok(mark(&(row, asked)))
}

/// The mark of a list.
pub(crate) async fn many(app: &App, asked: &list::ListQuery) -> Result<String, Problem> {
    let rows = app.store.list(asked.filter()?).await?;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (&row.saga, row.commits, row.state))
        .collect();
    Ok(mark(&rows))
}
