//! Pages: HTML that is rendered here, from texts that may come from anywhere.

mod layout;
mod list;
mod overview;
mod saga;

use crate::{
    api::{Asked, query},
    app::App,
    base::Base,
    problem::Problem,
    view,
};
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use layout::{Here, layout};
use maud::html;
use saga_engine::SagaId;
use serde::Deserialize;
use std::sync::Arc;

/// Which saga a page is about, and how. Ids may be anything, so they are no part of the path.
#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    saga: String,
    id: String,
    #[serde(default)]
    values: bool,
    history: Option<usize>,
}

pub(crate) async fn overview(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
) -> Result<Response, Problem> {
    let overview = view::overview::overview(&app.counts).await?;
    let here = Here::new(&app, &base, "");
    Ok(page(&here, "Overview", &overview::page(&here, &overview)))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    asked: Asked<view::list::Asked>,
) -> Result<Response, Problem> {
    let asked = query(asked)?;
    let list = view::list::list(&app, &asked).await?;
    let overview = view::overview::overview(&app.counts).await?;
    let here = Here::new(&app, &base, "sagas");
    let shown = list::page(&here, &asked, &list, &overview);
    Ok(page(&here, "Sagas", &shown))
}

pub(crate) async fn saga(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    which: Asked<Which>,
) -> Result<Response, Problem> {
    let which = query(which)?;
    let reader = app.reader().await?;
    let saga = SagaId::new(which.saga, which.id);
    let look = view::saga::look(&reader, &saga).await?;
    let how = view::saga::How {
        values: which.values,
        history: which.history,
    };
    let shown = view::saga::shown(&app, &reader, &look, &how).await?;
    let here = Here::new(&app, &base, "sagas");
    let title = format!("{saga}: {}", shown.badge.0);
    let veil = app.veil(&saga, how.values);
    Ok(page(
        &here,
        &title,
        &saga::page(&here, &look, &shown, &veil),
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
    page(&here, title, &told)
}

fn page(here: &Here<'_>, title: &str, main: &maud::Markup) -> Response {
    Html(layout(here, title, main).into_string()).into_response()
}
