//! The JSON API: the same as the pages show, under names that stay.

use crate::{
    app::App,
    problem::Problem,
    view::{
        list::{self, List},
        overview,
        saga::{self, How, Shown},
    },
};
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use saga_engine::SagaId;
use std::sync::Arc;

/// What is asked for, or what is wrong with how it is asked.
pub(crate) type Asked<T> = Result<Query<T>, QueryRejection>;

pub(crate) fn query<T>(asked: Asked<T>) -> Result<T, Problem> {
    let wrong = |wrong: QueryRejection| Problem::bad(wrong.body_text());
    asked.map(|Query(asked)| asked).map_err(wrong)
}

pub(crate) async fn overview(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    Ok(Json(&*overview::overview(&app.counts).await?).into_response())
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    asked: Asked<list::Asked>,
) -> Result<Json<List>, Problem> {
    Ok(Json(list::list(&app, &query(asked)?).await?))
}

pub(crate) async fn saga(
    State(app): State<Arc<App>>,
    Path((saga, id)): Path<(String, String)>,
    how: Asked<How>,
) -> Result<Json<Shown>, Problem> {
    let reader = app.reader().await?;
    let look = saga::look(&reader, &SagaId::new(saga, id)).await?;
    Ok(Json(saga::shown(&app, &reader, &look, &query(how)?).await?))
}
