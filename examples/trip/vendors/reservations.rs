//! Hotels, car rentals and airlines: they reserve something for a trip until it is cancelled.

use std::io;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use axum::routing::{delete, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Origin, lock};
use super::key::Key;
use super::ledger::{Declined, Entry, Ledger, refused};
use super::lines::Shelf;
use super::trouble::Place;
use crate::money::{Currency, Money};
use crate::wire::{FindQuery, ReserveRequest, Reserved};

/// What differs between these vendors.
pub(super) struct Trade {
    /// The name of its file.
    pub(super) name: &'static str,
    /// The prefix of its references.
    pub(super) prefix: &'static str,
    pub(super) book: Place,
    pub(super) find: Place,
    pub(super) cancel: Place,
    /// The price of a night, a day or a seat; `None` if the city has none.
    pub(super) unit_price: fn(&str, Currency) -> Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Booked,
    Cancelled,
}

pub(crate) struct Reservations {
    desk: Arc<Desk>,
    trade: &'static Trade,
    ledger: Mutex<Ledger<ReserveRequest, State>>,
}

impl Reservations {
    pub(super) fn open(
        desk: Arc<Desk>,
        trade: &'static Trade,
        shelf: Shelf<'_>,
    ) -> io::Result<Self> {
        Ok(Self {
            desk,
            trade,
            ledger: Mutex::new(Ledger::open(trade.prefix, shelf.file(trade.name))?),
        })
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/reservations", post(book).get(find))
            .route("/reservations/{reference}", delete(cancel))
            .route("/keys/{key}", delete(cancel_key))
            .with_state(self)
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<Entry<ReserveRequest, State>>> {
        lock(&self.ledger).entries()
    }

    fn book(&self, key: &str, request: &ReserveRequest) -> Result<Reserved, Declined> {
        // Nothing is reserved without a price.
        self.unit_price(request)?;
        let mut ledger = lock(&self.ledger);
        let entry = ledger.enter(key, request, State::Booked)?;
        self.reserved(entry)
    }

    fn find(&self, key: &str) -> Result<Option<Reserved>, Declined> {
        let ledger = lock(&self.ledger);
        let booked = ledger
            .by_key(key)
            .filter(|entry| entry.state == State::Booked);
        booked.map(|entry| self.reserved(entry)).transpose()
    }

    /// Cancels what is reserved under `key`, and bars requests that arrive later.
    fn cancel_key(&self, key: &str) -> Result<(), Declined> {
        let mut ledger = lock(&self.ledger);
        ledger.close(key)?;
        if let Some(entry) = ledger.by_key(key) {
            let reference = entry.reference.clone();
            ledger.change(&reference, State::Cancelled)?;
        }
        Ok(())
    }

    fn cancel(&self, reference: &str) -> Result<(), Declined> {
        let mut ledger = lock(&self.ledger);
        if ledger.by_reference(reference).is_none() {
            return Err(refused("no such reservation"));
        }
        Ok(ledger.change(reference, State::Cancelled)?)
    }

    fn reserved(&self, entry: &Entry<ReserveRequest, State>) -> Result<Reserved, Declined> {
        Ok(Reserved {
            reference: entry.reference.clone(),
            unit_price: self.unit_price(&entry.request)?,
            units: entry.request.units,
        })
    }

    fn unit_price(&self, request: &ReserveRequest) -> Result<Money, Declined> {
        (self.trade.unit_price)(&request.city, request.currency)
            .ok_or_else(|| refused("nothing is sold in that city"))
    }
}

fn origin_of(request: &ReserveRequest) -> Origin {
    Origin {
        trip: request.trip.clone(),
        mark: request.item.clone(),
    }
}

async fn book(
    Shared(vendor): Shared<Arc<Reservations>>,
    Key(key): Key,
    Json(request): Json<ReserveRequest>,
) -> Response {
    let origin = origin_of(&request);
    let (desk, place) = (Arc::clone(&vendor.desk), vendor.trade.book);
    let asked = key.clone();
    let act = move || vendor.book(&asked, &request);
    desk.serve(place, Some(&key), Some(origin), act).await
}

async fn find(
    Shared(vendor): Shared<Arc<Reservations>>,
    Query(FindQuery { key }): Query<FindQuery>,
) -> Response {
    let origin = lock(&vendor.ledger)
        .by_key(&key)
        .map(|entry| origin_of(&entry.request));
    let (desk, place) = (Arc::clone(&vendor.desk), vendor.trade.find);
    let asked = key.clone();
    let act = move || vendor.find(&asked);
    desk.serve(place, Some(&key), origin, act).await
}

async fn cancel(
    Shared(vendor): Shared<Arc<Reservations>>,
    Path(reference): Path<String>,
) -> Response {
    let origin = lock(&vendor.ledger)
        .by_reference(&reference)
        .map(|entry| origin_of(&entry.request));
    let (desk, place) = (Arc::clone(&vendor.desk), vendor.trade.cancel);
    let act = move || vendor.cancel(&reference);
    desk.serve(place, None, origin, act).await
}

async fn cancel_key(
    Shared(vendor): Shared<Arc<Reservations>>,
    Path(key): Path<String>,
) -> Response {
    let origin = lock(&vendor.ledger)
        .by_key(&key)
        .map(|entry| origin_of(&entry.request));
    let (desk, place) = (Arc::clone(&vendor.desk), vendor.trade.cancel);
    let asked = key.clone();
    let act = move || vendor.cancel_key(&asked);
    desk.serve(place, Some(&key), origin, act).await
}
