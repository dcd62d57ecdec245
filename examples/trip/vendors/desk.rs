//! The desk that all vendors share: it applies the rules for trouble to each request.

use std::collections::{HashMap, HashSet};
use std::io;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::http::{StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::ledger::Declined;
use super::lines::{Lines, Shelf};
use super::trouble::{self, Mishap, Place, Rule};
use crate::domain::TripId;
use crate::wire::Refusal;

/// What decides whether a request fails.
pub(super) struct Origin {
    pub(super) trip: TripId,
    pub(super) mark: String,
}

/// Counts each trip's requests, and holds those that take effect late.
pub(super) struct Desk {
    diary: Mutex<Diary>,
    late: Mutex<JoinSet<()>>,
}

/// The requests that may fail. They are in a file, because a trip's first request must not come
/// twice.
struct Diary {
    requests: HashMap<(Place, TripId), u32>,
    /// The rules that took effect, by what identifies them.
    met: HashSet<(Place, &'static str)>,
    file: Lines,
}

/// A request, as written to the file.
#[derive(Serialize, Deserialize)]
struct Line {
    place: Place,
    trip: TripId,
    mark: String,
}

impl Diary {
    fn open(shelf: Shelf<'_>) -> io::Result<Self> {
        let (file, lines) = Lines::open(shelf.file("diary").as_deref())?;
        let mut diary = Self {
            requests: HashMap::new(),
            met: HashSet::new(),
            file,
        };
        for line in lines {
            diary.apply(line);
        }
        Ok(diary)
    }

    /// The rule for this request, if there is one.
    fn enter(&mut self, place: Place, origin: Origin) -> io::Result<Option<&'static Rule>> {
        let Origin { trip, mark } = origin;
        if trouble::rule_for(place, &mark, 1).is_none() {
            return Ok(None);
        }
        let line = Line { place, trip, mark };
        self.file.add(&line)?;
        Ok(self.apply(line))
    }

    fn apply(&mut self, line: Line) -> Option<&'static Rule> {
        let Line { place, trip, mark } = line;
        let nth = self.requests.entry((place, trip)).or_default();
        *nth += 1;
        let rule = trouble::rule_for(place, &mark, *nth)?;
        self.met.insert((place, rule.mark));
        Some(rule)
    }
}

impl Desk {
    pub(super) fn open(shelf: Shelf<'_>) -> io::Result<Self> {
        Ok(Self {
            diary: Mutex::new(Diary::open(shelf)?),
            late: Mutex::default(),
        })
    }

    /// Answers a request to `place` with the result of `act`, unless a rule intervenes.
    ///
    /// A request of unknown origin, because it is about something that never existed, does not
    /// fail.
    pub(super) async fn serve<A: Serialize>(
        &self,
        place: Place,
        origin: Option<Origin>,
        act: impl FnOnce() -> Result<A, Declined> + Send + 'static,
    ) -> Response {
        let rule = match origin {
            None => None,
            Some(origin) => match lock(&self.diary).enter(place, origin) {
                Ok(rule) => rule,
                Err(error) => return broken(&error),
            },
        };
        match rule.map(|rule| rule.mishap) {
            None => answer(act()),
            Some(Mishap::Refuse(reason)) => refuse(reason),
            Some(Mishap::Busy) => StatusCode::TOO_MANY_REQUESTS.into_response(),
            Some(Mishap::Unavailable) => {
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response()
            }
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

    /// What happens at `place`, where nobody asks for anything.
    pub(super) fn mishap(&self, place: Place, origin: Origin) -> Option<Mishap> {
        match lock(&self.diary).enter(place, origin) {
            Ok(rule) => rule.map(|rule| rule.mishap),
            Err(error) => {
                eprintln!("  a ledger cannot be written: {error}");
                None
            }
        }
    }

    /// Runs beside the requests.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        lock(&self.late).spawn(task);
    }

    /// How many of the rules took effect.
    pub(super) fn rules_met(&self) -> usize {
        lock(&self.diary).met.len()
    }

    /// Waits for everything that takes effect late.
    pub(super) async fn quiesce(&self) {
        let late = mem::take(&mut *lock(&self.late));
        late.join_all().await;
    }

    /// Runs as a task of its own, because a handler ends when its client hangs up. It ends with the
    /// process: a request that a vendor elsewhere would still act on is lost here if the vendor is
    /// killed together with the site.
    async fn act_late<A: Serialize>(
        &self,
        act: impl FnOnce() -> Result<A, Declined> + Send + 'static,
    ) -> Response {
        let (done, outcome) = oneshot::channel();
        lock(&self.late).spawn(async move {
            sleep(trouble::SLOW).await;
            // The client may have hung up.
            let _ = done.send(answer(act()));
        });
        outcome
            .await
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// Refuses, with a reason for the traveller.
fn refuse(reason: impl Into<String>) -> Response {
    let reason = reason.into();
    (StatusCode::UNPROCESSABLE_ENTITY, Json(Refusal { reason })).into_response()
}

/// A poisoned ledger is still usable, because each change is made in one go.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A vendor that cannot write its ledger has done nothing, but the client cannot know that.
fn broken(error: &io::Error) -> Response {
    eprintln!("  a ledger cannot be written: {error}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn answer<A: Serialize>(outcome: Result<A, Declined>) -> Response {
    match outcome {
        Ok(answer) => Json(answer).into_response(),
        Err(Declined::Refused(refusal)) => refuse(refusal.reason),
        Err(Declined::Unwritten(error)) => broken(&error),
    }
}

fn misquoted<A: Serialize>(reserved: &A) -> Value {
    let mut answer = serde_json::to_value(reserved).unwrap_or_default();
    answer["unit_price"]["minor"] = u64::MAX.into();
    answer
}
