//! The desk that all vendors share: it applies the rules for trouble to each request.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::Body;
use axum::http::{StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::JoinSet;

use super::halt::{Halt, Moment};
use super::late::Late;
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

/// Counts each trip's requests, and holds those that take effect late. These end with the process: a
/// request that a vendor elsewhere would still act on is lost here if the vendor is killed together
/// with the site.
pub(super) struct Desk {
    diary: Mutex<Diary>,
    late: Late,
    halt: Arc<Halt>,
    beside: Mutex<JoinSet<()>>,
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
            late: Late::default(),
            halt: Arc::new(Halt::new(shelf)),
            beside: Mutex::default(),
        })
    }

    pub(super) fn halt(&self) -> Arc<Halt> {
        Arc::clone(&self.halt)
    }

    /// Answers a request to `place`, under `key` if it has one, with the result of `act`, unless a rule
    /// intervenes.
    ///
    /// A request of unknown origin, because it is about something that never existed, does not
    /// fail.
    pub(super) async fn serve<A: Serialize>(
        &self,
        place: Place,
        key: Option<&str>,
        origin: Option<Origin>,
        act: impl FnOnce() -> Result<A, Declined> + Send + 'static,
    ) -> Response {
        let mark = origin.as_ref().map(|origin| origin.mark.clone());
        let visit = self.halt.visit(place, mark);
        self.halt.pass(Moment::Before, &visit).await;
        let mishap = match origin.map(|origin| self.enter(place, origin)) {
            None => None,
            Some(Ok(mishap)) => mishap,
            Some(Err(error)) => return broken(&error),
        };
        let handle = || self.handle(mishap, key, act);
        let response = self.late.overtaken(key, place.is_question(), handle);
        if mishap.is_none_or(Mishap::has_effect) {
            self.halt.pass(Moment::After, &visit).await;
        }
        match response {
            Some(response) => response,
            // Until the client hangs up, which ends the handler.
            None => pending().await,
        }
    }

    /// `None` if there is no answer.
    fn handle<A: Serialize>(
        &self,
        mishap: Option<Mishap>,
        key: Option<&str>,
        act: impl FnOnce() -> Result<A, Declined> + Send + 'static,
    ) -> Option<Response> {
        Some(match mishap {
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
            Some(Mishap::Stall) => {
                let _ = act();
                stalled()
            }
            Some(Mishap::Silence) => {
                let _ = act();
                return None;
            }
            Some(Mishap::ActLate) => {
                let key = key.expect("what takes effect late has a key");
                self.late.hold(key, move || drop(answer(act())));
                stalled()
            }
            Some(Mishap::Misquote) => answer(act().map(|reserved| misquoted(&reserved))),
        })
    }

    /// What happens at `place`, where nobody asks for anything.
    pub(super) fn mishap(&self, place: Place, origin: Origin) -> Option<Mishap> {
        self.enter(place, origin).unwrap_or_else(|error| {
            eprintln!("  a ledger cannot be written: {error}");
            None
        })
    }

    fn enter(&self, place: Place, origin: Origin) -> io::Result<Option<Mishap>> {
        let rule = lock(&self.diary).enter(place, origin)?;
        Ok(rule.map(|rule| rule.mishap))
    }

    /// Runs beside the requests.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        lock(&self.beside).spawn(task);
    }

    /// How many of the rules took effect.
    pub(super) fn rules_met(&self) -> usize {
        lock(&self.diary).met.len()
    }

    /// Ends what runs beside the requests, and what takes effect late.
    pub(super) async fn quiesce(&self) {
        let beside = mem::take(&mut *lock(&self.beside));
        beside.join_all().await;
        self.late.end();
    }
}

/// An answer that begins, and does not go on.
fn stalled() -> Response {
    Body::from_stream(stream::pending::<Result<&'static str, Infallible>>()).into_response()
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
