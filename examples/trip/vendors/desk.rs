//! The desk that all vendors share: it meets a request with what the rules have for it.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::trouble::{self, Mishap, Place};
use crate::domain::TripId;
use crate::wire::Refusal;

/// What decides whether a request meets trouble.
pub(super) struct Origin {
    pub(super) trip: TripId,
    pub(super) mark: String,
}

/// Counts each trip's requests, and keeps those that are acted on late.
#[derive(Default)]
pub(super) struct Desk {
    requests: Mutex<HashMap<(Place, TripId), u32>>,
    /// The rules that have been met, by what tells them apart.
    met: Mutex<HashSet<(Place, &'static str)>>,
    late: Mutex<JoinSet<()>>,
}

impl Desk {
    /// Answers a request to `place` by what `act` does, unless trouble comes between.
    ///
    /// A request whose origin is unknown, because it is about something that never was, meets no trouble.
    pub(super) async fn serve<A: Serialize>(
        &self,
        place: Place,
        origin: Option<Origin>,
        act: impl FnOnce() -> Result<A, Refusal> + Send + 'static,
    ) -> Response {
        let mishap = origin.and_then(|origin| self.mishap(place, origin));
        match mishap {
            None => answer(act()),
            Some(Mishap::Refuse(reason)) => refuse(reason),
            Some(Mishap::Busy) => StatusCode::TOO_MANY_REQUESTS.into_response(),
            Some(Mishap::Unavailable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Some(Mishap::FailBefore) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Some(Mishap::FailAfter) => {
                let _ = act();
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Some(Mishap::Garble) => {
                let _ = act();
                "{\"reference\":".into_response()
            }
            Some(Mishap::AnswerLate) => {
                let outcome = act();
                sleep(trouble::SLOW).await;
                answer(outcome)
            }
            Some(Mishap::ActLate) => self.act_late(act).await,
            Some(Mishap::Misquote) => answer(act().map(|reserved| misquoted(&reserved))),
        }
    }

    /// How many of the rules have been met.
    pub(super) fn rules_met(&self) -> usize {
        lock(&self.met).len()
    }

    /// Waits for all that is acted on late.
    pub(super) async fn quiesce(&self) {
        let late = mem::take(&mut *lock(&self.late));
        late.join_all().await;
    }

    fn mishap(&self, place: Place, origin: Origin) -> Option<Mishap> {
        let mut requests = lock(&self.requests);
        let nth = requests.entry((place, origin.trip)).or_default();
        *nth += 1;
        let rule = trouble::rule_for(place, &origin.mark, *nth)?;
        lock(&self.met).insert((place, rule.mark));
        Some(rule.mishap)
    }

    /// A task of its own, because a handler ends when its client hangs up.
    async fn act_late<A: Serialize>(
        &self,
        act: impl FnOnce() -> Result<A, Refusal> + Send + 'static,
    ) -> Response {
        let (done, outcome) = oneshot::channel();
        lock(&self.late).spawn(async move {
            sleep(trouble::SLOW).await;
            // Nobody listens any more if the client has hung up.
            let _ = done.send(answer(act()));
        });
        outcome
            .await
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// Refuses, with a reason that the traveller may read.
fn refuse(reason: impl Into<String>) -> Response {
    let reason = reason.into();
    (StatusCode::UNPROCESSABLE_ENTITY, Json(Refusal { reason })).into_response()
}

/// A poisoned ledger is still the best there is: entries are changed in one go.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer<A: Serialize>(outcome: Result<A, Refusal>) -> Response {
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refuse(refusal.reason),
    }
}

fn misquoted<A: Serialize>(reserved: &A) -> Value {
    let mut answer = serde_json::to_value(reserved).unwrap_or_default();
    answer["unit_price"]["minor"] = u64::MAX.into();
    answer
}
