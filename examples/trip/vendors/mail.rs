//! Stores mail instead of sending it.

use std::io;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};

use super::desk::{Desk, Origin, lock};
use super::key::Key;
use super::ledger::{Declined, Entry, Ledger};
use super::lines::Shelf;
use super::trouble::Place;
use crate::domain::MessageId;
use crate::wire::MailRequest;

pub(crate) struct Mail {
    desk: Arc<Desk>,
    ledger: Mutex<Ledger<MailRequest, ()>>,
}

impl Mail {
    pub(super) fn open(desk: Arc<Desk>, shelf: Shelf<'_>) -> io::Result<Self> {
        Ok(Self {
            desk,
            ledger: Mutex::new(Ledger::open("M", shelf.file("mail"))?),
        })
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/messages", post(send))
            .with_state(self)
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<Entry<MailRequest, ()>>> {
        lock(&self.ledger).entries()
    }

    fn send(&self, key: &str, request: &MailRequest) -> Result<MessageId, Declined> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.enter(key, request, ())?;
        Ok(MessageId(entry.reference.clone()))
    }
}

async fn send(
    State(mail): State<Arc<Mail>>,
    Key(key): Key,
    Json(request): Json<MailRequest>,
) -> Response {
    let domain = request.to.rsplit('@').next().unwrap_or_default();
    let origin = Origin {
        trip: request.trip.clone(),
        mark: domain.to_owned(),
    };
    let desk = Arc::clone(&mail.desk);
    let asked = key.clone();
    let act = move || mail.send(&asked, &request);
    desk.serve(Place::Mail, Some(&key), Some(origin), act).await
}
