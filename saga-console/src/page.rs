//! Pages: HTML that is rendered here, from texts that may come from anywhere.

pub(crate) mod act;
mod confirm;
mod layout;
mod list;
pub(crate) mod many;
mod overview;
mod saga;

use crate::{
    api::{Asked, query},
    app::App,
    base::Base,
    live,
    problem::Problem,
    view::{self, overview::mark_of},
};
use axum::{Extension, extract::State, response::Response};
use layout::{Here, rendered};
use maud::html;
use serde::Deserialize;
use std::sync::Arc;
use typed_saga_engine::SagaId;

/// Which saga a page is about, and how. Ids may be anything, so they are no part of the path.
#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    saga: String,
    id: String,
    #[serde(default)]
    values: bool,
    history: Option<usize>,
    /// The latest request of this visitor.
    message: Option<u64>,
}

pub(crate) async fn overview(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
) -> Result<Response, Problem> {
    let overview = view::overview::soon(&app.counts).await?;
    let overview = overview.as_deref();
    let mut here = Here::new(&app, &base, "");
    let seen = overview.map_or_else(String::new, mark_of);
    here.live = Some(here.to("live", &[("seen", &seen)]));
    let shown = overview.map_or_else(overview::counting, |it| overview::page(&here, it));
    Ok(rendered(&here, "Overview", &shown))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    asked: Asked<view::list::ListQuery>,
) -> Result<Response, Problem> {
    let asked = query(asked)?;
    // Before it is read, so that nothing is missed.
    let mark = live::many(&app, &asked).await?;
    let list = view::list::list(&app.reader().await?, &asked).await?;
    let overview = view::overview::soon(&app.counts).await?;
    let mut here = Here::new(&app, &base, "sagas");
    here.live = Some(list::live(&here, &asked, &mark));
    let shown = list::page(&here, &asked, &list, overview.as_deref());
    Ok(rendered(&here, "Sagas", &shown))
}

pub(crate) async fn saga(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    which: Asked<Which>,
) -> Result<Response, Problem> {
    let which = query(which)?;
    let reader = app.reader().await?;
    let saga = SagaId::new(which.saga, which.id);
    let mark = live::one(&app, &saga).await?;
    let look = view::saga::look(&reader, &saga).await?;
    let how = view::saga::How {
        values: which.values,
        history: which.history,
    };
    let veil = app.veil(&saga, how.values);
    let shown = view::saga::shown(&reader, &look, &how, &veil).await?;
    let answer = match which.message {
        Some(message) => Some(act::answer(&reader, message).await?),
        None => None,
    };
    let mut here = Here::new(&app, &base, "sagas");
    let live = [
        ("page", "saga"),
        ("seen", &mark),
        ("saga", &saga.saga),
        ("id", &saga.id),
    ];
    here.live = Some(here.to("live", &live));
    let title = format!("{saga}: {}", shown.badge.0);
    Ok(rendered(
        &here,
        &title,
        &saga::page(&here, &look, &shown, &veil, answer.as_ref()),
    ))
}

pub(crate) fn problem(app: &App, base: &Base, problem: &Problem) -> Response {
    let title = problem.status.canonical_reason().unwrap_or("Problem");
    let here = Here::new(app, base, "");
    let told = html! {
        h1 { (title) }
        p.why { (problem.detail) }
        p { a href=(here.to("", &[])) { "To the overview" } }
    };
    rendered(&here, title, &told)
}
