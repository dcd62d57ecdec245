//! Where the bank tells the site that the owner of a card has agreed. It does so until it hears
//! that the site knows.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};

use crate::site::Site;
use crate::wire::Agreed;

pub(crate) const PATH: &str = "/payments/agreed";

pub(crate) fn router(site: Site) -> Router {
    Router::new().route(PATH, post(agreed)).with_state(site)
}

async fn agreed(State(site): State<Site>, Json(said): Json<Agreed>) -> StatusCode {
    let told = site.agreed(said).await;
    told.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}
