//! One worker of the fleet: an engine, and where it is asked for trips.

use std::future::IntoFuture;
use std::io;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use typed_saga::engine::Engine;

use super::{LEASE, Orders};
use crate::clients::{self, Clients};
use crate::domain::Trip;
use crate::outcome::Outcome;
use crate::site::{Site, SiteError};
use crate::webhook;

pub(super) const TRIPS: &str = "/trips";

/// Works until the input ends, whose first line has the orders.
pub(crate) async fn work() -> Result<(), SiteError> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let orders: Orders = serde_json::from_str(&line).map_err(io::Error::from)?;
    let store = orders.options().migrate(false).connect(&orders.url).await?;
    let engine = Engine::builder(store).name(orders.name).lease(LEASE);
    let clients = Clients::new(orders.vendors, &clients::connections()?);
    let site = Site::durable(engine, clients).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let trips = Router::new().route(TRIPS, post(book));
    let router = trips.with_state(site.clone());
    let router = router.merge(webhook::router(site.clone()));
    tokio::spawn(axum::serve(listener, router).into_future());

    let over = spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    over.await.expect("it does not panic")?;
    site.close().await;
    Ok(())
}

async fn book(
    State(site): State<Site>,
    Json(trip): Json<Trip>,
) -> Result<Json<Outcome>, (StatusCode, String)> {
    let outcome = site.book(trip).await;
    let failed = |error: SiteError| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    outcome.map(Json).map_err(failed)
}
