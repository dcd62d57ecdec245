//! Quotes prices.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;

use super::desk::{Desk, Origin};
use super::ledger::refused;
use super::trouble::Place;
use crate::tariff;
use crate::wire::RatesQuery;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new().route("/rates", get(rates)).with_state(desk)
}

async fn rates(State(desk): State<Arc<Desk>>, Query(query): Query<RatesQuery>) -> Response {
    let origin = Origin {
        trip: query.trip.clone(),
        mark: query.city.clone(),
    };
    let act = move || {
        tariff::today(&query.city, query.currency)
            .ok_or_else(|| refused("nothing is sold in that city"))
    };
    desk.serve(Place::Rates, None, Some(origin), act).await
}
