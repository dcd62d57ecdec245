//! Where the bank tells the site that the owner of a card has agreed. It does so until it hears
//! that the site knows.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use saga::runtime::Signalled;

use crate::domain::Consent;
use crate::site::Site;
use crate::wire::Agreed;

pub(crate) const PATH: &str = "/payments/agreed";

pub(crate) fn router(site: Site) -> Router {
    Router::new().route(PATH, post(agreed)).with_state(site)
}

async fn agreed(State(site): State<Site>, Json(said): Json<Agreed>) -> StatusCode {
    let authorization = said.authorization;
    match site.agreed(&said.trip, Consent { authorization }).await {
        Ok(Signalled::Duplicate { same: Some(false) }) => StatusCode::CONFLICT,
        // It counts, this time or since an earlier one.
        Ok(Signalled::Accepted | Signalled::Duplicate { .. }) => StatusCode::NO_CONTENT,
        Ok(Signalled::TooLate) => StatusCode::GONE,
        Ok(Signalled::NotFound) => StatusCode::NOT_FOUND,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
