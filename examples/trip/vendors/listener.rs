//! Hears of trips that have ended, and keeps all that it hears, also what it hears again.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Origin, lock};
use super::key::Key;
use super::ledger::Declined;
use super::lines::{Lines, Shelf};
use super::trouble::Place;
use crate::event::TripEvent;

/// An event, and the key under which it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Heard {
    pub(crate) key: String,
    pub(crate) event: TripEvent,
}

pub(crate) struct Listener {
    desk: Arc<Desk>,
    path: Option<PathBuf>,
    ledger: Mutex<Ledger>,
}

struct Ledger {
    heard: Vec<Heard>,
    file: Lines,
}

impl Listener {
    pub(super) fn open(desk: Arc<Desk>, shelf: Shelf<'_>) -> io::Result<Self> {
        let path = shelf.file("listener");
        let (file, heard) = Lines::open(path.as_deref())?;
        Ok(Self {
            desk,
            path,
            ledger: Mutex::new(Ledger { heard, file }),
        })
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new().route("/events", post(hear)).with_state(self)
    }

    /// All that was heard, read again from the file if there is one.
    pub(super) fn heard(&self) -> io::Result<Vec<Heard>> {
        match &self.path {
            None => Ok(lock(&self.ledger).heard.clone()),
            Some(path) => Ok(Lines::open(Some(path))?.1),
        }
    }

    fn hear(&self, heard: Heard) -> Result<(), Declined> {
        let mut ledger = lock(&self.ledger);
        ledger.file.add(&heard)?;
        ledger.heard.push(heard);
        Ok(())
    }
}

async fn hear(
    State(listener): State<Arc<Listener>>,
    Key(key): Key,
    Json(event): Json<TripEvent>,
) -> Response {
    let origin = Origin {
        trip: event.trip().clone(),
        mark: event.city().to_owned(),
    };
    let desk = Arc::clone(&listener.desk);
    let heard = Heard {
        key: key.clone(),
        event,
    };
    let act = move || listener.hear(heard);
    desk.serve(Place::Hear, Some(&key), Some(origin), act).await
}
