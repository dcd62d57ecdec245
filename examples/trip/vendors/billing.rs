//! The card processor: holds money, lets go of it, or takes it.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, post};
use axum::{Json, Router};

use super::desk::{Desk, Origin, lock};
use super::key::Key;
use super::ledger::{Entry, Ledger, refusal};
use super::trouble::Place;
use crate::domain::{Authorization, Charge};
use crate::wire::{AuthorizeRequest, Refusal};

/// What became of money that was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Held,
    Released,
    /// Under this idempotency key.
    Captured(String),
}

pub(crate) struct Billing {
    desk: Arc<Desk>,
    ledger: Mutex<Ledger<AuthorizeRequest, Hold>>,
}

impl Billing {
    pub(super) fn new(desk: Arc<Desk>) -> Self {
        Self {
            desk,
            ledger: Mutex::new(Ledger::new("A")),
        }
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/authorizations", post(authorize))
            .route("/authorizations/{id}", delete(release))
            .route("/authorizations/{id}/capture", post(capture))
            .with_state(self)
    }

    pub(crate) fn entries(&self) -> Vec<Entry<AuthorizeRequest, Hold>> {
        lock(&self.ledger).entries()
    }

    fn authorize(&self, key: &str, request: AuthorizeRequest) -> Result<Authorization, Refusal> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.enter(key, request, Hold::Held)?;
        Ok(Authorization {
            id: entry.reference.clone(),
            amount: entry.request.amount,
        })
    }

    fn release(&self, id: &str) -> Result<(), Refusal> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.by_reference(id).ok_or_else(unknown)?;
        if let Hold::Captured(_) = entry.state {
            return Err(refusal("captured already"));
        }
        entry.state = Hold::Released;
        Ok(())
    }

    fn capture(&self, id: &str, key: String) -> Result<Charge, Refusal> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.by_reference(id).ok_or_else(unknown)?;
        match &entry.state {
            Hold::Held => entry.state = Hold::Captured(key),
            Hold::Captured(first) if *first == key => {}
            Hold::Captured(_) => return Err(refusal("captured already")),
            Hold::Released => return Err(refusal("released already")),
        }
        Ok(Charge {
            id: id.to_owned(),
            amount: entry.request.amount,
        })
    }

    /// Of the authorization `id`.
    fn origin(&self, id: &str) -> Option<Origin> {
        let mut ledger = lock(&self.ledger);
        Some(origin_of(&ledger.by_reference(id)?.request))
    }
}

fn unknown() -> Refusal {
    refusal("no such authorization")
}

fn origin_of(request: &AuthorizeRequest) -> Origin {
    Origin {
        trip: request.trip.clone(),
        mark: request.card.digits().to_owned(),
    }
}

async fn authorize(
    State(billing): State<Arc<Billing>>,
    Key(key): Key,
    Json(request): Json<AuthorizeRequest>,
) -> Response {
    let origin = Some(origin_of(&request));
    let desk = Arc::clone(&billing.desk);
    let act = move || billing.authorize(&key, request);
    desk.serve(Place::Authorize, origin, act).await
}

async fn release(State(billing): State<Arc<Billing>>, Path(id): Path<String>) -> Response {
    let origin = billing.origin(&id);
    let desk = Arc::clone(&billing.desk);
    let act = move || billing.release(&id);
    desk.serve(Place::Release, origin, act).await
}

async fn capture(
    State(billing): State<Arc<Billing>>,
    Key(key): Key,
    Path(id): Path<String>,
) -> Response {
    let origin = billing.origin(&id);
    let desk = Arc::clone(&billing.desk);
    let act = move || billing.capture(&id, key);
    desk.serve(Place::Capture, origin, act).await
}
