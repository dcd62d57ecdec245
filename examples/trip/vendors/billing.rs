//! The card processor: authorizes a payment, then releases or captures it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::desk::{Desk, Origin, lock};
use super::key::Key;
use super::ledger::{Declined, Entry, Ledger, refused};
use super::lines::Shelf;
use super::owners::Owners;
use super::trouble::{Mishap, Place};
use crate::domain::{Authorization, Charge};
use crate::wire::{Agreed, AuthorizeRequest};

/// How long an owner hesitates, so that the saga waits. On a machine so slow that the answer comes
/// first, the answer waits for the saga, and the trip ends the same way.
const HESITATION: Duration = Duration::from_millis(300);

/// The state of an authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Hold {
    Held,
    /// Its owner has agreed.
    Agreed,
    Released,
    /// Its idempotency key.
    Captured(String),
}

pub(crate) struct Billing {
    desk: Arc<Desk>,
    ledger: Mutex<Ledger<AuthorizeRequest, Hold>>,
    owners: Owners,
}

impl Billing {
    /// Asks the owners again whose answer an earlier process may not have told.
    pub(super) fn open(desk: Arc<Desk>, shelf: Shelf<'_>, owners: Owners) -> io::Result<Arc<Self>> {
        let billing = Arc::new(Self {
            desk,
            ledger: Mutex::new(Ledger::open("A", shelf.file("billing"))?),
            owners,
        });
        for entry in billing.entries()? {
            if matches!(entry.state, Hold::Held | Hold::Agreed) {
                billing.ask(entry.reference);
            }
        }
        Ok(billing)
    }

    /// Asks the owner of the card, on a task of its own.
    fn ask(self: &Arc<Self>, authorization: String) {
        let asked = Arc::clone(self).ask_owner(authorization);
        self.desk.spawn(asked);
    }

    async fn ask_owner(self: Arc<Self>, authorization: String) {
        let Some(origin) = self.origin(&authorization) else {
            return;
        };
        let trip = origin.trip.clone();
        let told = match self.desk.mishap(Place::Owner, origin) {
            Some(Mishap::Refuse(_)) => return,
            Some(Mishap::Stall) => {
                sleep(HESITATION).await;
                1
            }
            Some(Mishap::FailAfter) => 2,
            _ => 1,
        };
        if let Err(error) = self.agree(&authorization) {
            eprintln!("  a ledger cannot be written: {error}");
            return;
        }
        let agreed = Agreed {
            trip,
            authorization,
        };
        for _ in 0..told {
            self.owners.tell(&agreed).await;
        }
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/authorizations", post(authorize))
            .route("/authorizations/{id}", delete(release))
            .route("/authorizations/{id}/capture", post(capture))
            .with_state(self)
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<Entry<AuthorizeRequest, Hold>>> {
        lock(&self.ledger).entries()
    }

    fn authorize(
        self: &Arc<Self>,
        key: &str,
        request: &AuthorizeRequest,
    ) -> Result<Authorization, Declined> {
        let mut ledger = lock(&self.ledger);
        let is_known = ledger.by_key(key).is_some();
        let entry = ledger.enter(key, request, Hold::Held)?;
        let authorization = Authorization {
            id: entry.reference.clone(),
            amount: entry.request.amount,
        };
        drop(ledger);
        if !is_known {
            self.ask(authorization.id.clone());
        }
        Ok(authorization)
    }

    fn release(&self, id: &str) -> Result<(), Declined> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.by_reference(id).ok_or_else(unknown)?;
        if let Hold::Captured(_) = entry.state {
            return Err(refused("captured already"));
        }
        Ok(ledger.change(id, Hold::Released)?)
    }

    fn capture(&self, id: &str, key: String) -> Result<Charge, Declined> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.by_reference(id).ok_or_else(unknown)?;
        let amount = entry.request.amount;
        match &entry.state {
            Hold::Held => return Err(refused("the owner has not agreed")),
            Hold::Agreed => ledger.change(id, Hold::Captured(key))?,
            Hold::Captured(first) if *first == key => {}
            Hold::Captured(_) => return Err(refused("captured already")),
            Hold::Released => return Err(refused("released already")),
        }
        Ok(Charge {
            id: id.to_owned(),
            amount,
        })
    }

    /// The owner agrees to the authorization, unless it is over.
    fn agree(&self, id: &str) -> io::Result<()> {
        let mut ledger = lock(&self.ledger);
        match ledger.by_reference(id).map(|entry| &entry.state) {
            Some(Hold::Held) => ledger.change(id, Hold::Agreed),
            _ => Ok(()),
        }
    }

    /// The origin of the authorization `id`.
    fn origin(&self, id: &str) -> Option<Origin> {
        let ledger = lock(&self.ledger);
        Some(origin_of(&ledger.by_reference(id)?.request))
    }
}

fn unknown() -> Declined {
    refused("no such authorization")
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
    let asked = key.clone();
    let act = move || billing.authorize(&asked, &request);
    desk.serve(Place::Authorize, Some(&key), origin, act).await
}

async fn release(State(billing): State<Arc<Billing>>, Path(id): Path<String>) -> Response {
    let origin = billing.origin(&id);
    let desk = Arc::clone(&billing.desk);
    let act = move || billing.release(&id);
    desk.serve(Place::Release, None, origin, act).await
}

async fn capture(
    State(billing): State<Arc<Billing>>,
    Key(key): Key,
    Path(id): Path<String>,
) -> Response {
    let origin = billing.origin(&id);
    let desk = Arc::clone(&billing.desk);
    let asked = key.clone();
    let act = move || billing.capture(&id, asked);
    desk.serve(Place::Capture, Some(&key), origin, act).await
}
