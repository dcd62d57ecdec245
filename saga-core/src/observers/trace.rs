//! Runs as `tracing` spans and events.

use super::{event::RunEvent, observer::Observer};
use crate::{context::Context, id::Id, kernel::End};
use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tracing::{Span, debug, error, info, info_span, warn};

/// Tells `tracing` of every run: a span for each saga, in it one for each step, in it one for each
/// attempt; the user's code of an attempt runs within its span. The items of a loop, and the steps
/// of a saga that is a step, have spans within that of the loop or the saga. What happens is an event in the
/// innermost span that it concerns, with the text of [`RunEvent`] as its message.
///
/// | span | fields |
/// |---|---|
/// | `saga` | `saga`: its name; `id`: its id |
/// | `step` | `step`: its path, as `hotel` or `parcel[3]` |
/// | `attempt` | `attempt`: from 1; `round`: from 0 |
///
/// Levels: `ERROR` for what needs a person (stuck, parked, abandoned), `WARN` for what fails,
/// `INFO` for what begins and ends and is settled,
/// `DEBUG` for the rest.
#[derive(Debug, Default)]
pub struct Tracing {
    runs: Mutex<HashMap<(&'static str, Id), Run>>,
}

#[derive(Debug)]
struct Run {
    saga: Span,
    /// By path.
    steps: HashMap<Cow<'static, str>, Step>,
}

#[derive(Debug)]
struct Step {
    /// The span that it is in: each attempt of a saga that is a step has steps of its own.
    parent: Option<tracing::span::Id>,
    span: Span,
    attempt: Option<Span>,
}

impl Run {
    /// The innermost span of a step, or else of what it is part of.
    fn innermost(&self, path: &str) -> &Span {
        let mut path = Some(path);
        while let Some(step) = path {
            if let Some(Step { span, attempt, .. }) = self.steps.get(step) {
                return attempt.as_ref().unwrap_or(span);
            }
            path = above(step);
        }
        &self.saga
    }
}

/// What a step is part of, if its path says so: a loop, or a saga that is a step.
fn above(path: &str) -> Option<&str> {
    let end = if path.ends_with(']') {
        path.rfind('[')
    } else {
        path.rfind('/')
    };
    Some(&path[..end?])
}

impl Tracing {
    fn lock(&self) -> MutexGuard<'_, HashMap<(&'static str, Id), Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The innermost span that there is.
    fn span(&self, at: &Context<'_>) -> Span {
        let runs = self.lock();
        let Some(run) = runs.get(&(at.saga(), at.id().clone())) else {
            return Span::none();
        };
        run.innermost(&at.path()).clone()
    }

    /// Opens the spans that an event begins, before it is told. What comes after the end has none.
    fn open(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        if let RunEvent::FinallyPanicked { .. } = what {
            return;
        }
        let mut runs = self.lock();
        let run = runs
            .entry((at.saga(), at.id().clone()))
            .or_insert_with(|| Run {
                saga: info_span!("saga", saga = at.saga(), id = %at.id()),
                steps: HashMap::new(),
            });
        if at.step().is_empty() {
            return;
        }
        let path = at.path();
        let parent = above(&path)
            .map_or(&run.saga, |above| run.innermost(above))
            .clone();
        let new = |path: &str| Step {
            parent: parent.id(),
            span: info_span!(parent: &parent, "step", step = path),
            attempt: None,
        };
        let step = match run.steps.entry(path) {
            Entry::Occupied(known) if known.get().parent == parent.id() => known.into_mut(),
            Entry::Occupied(mut other) => {
                let step = new(other.key());
                other.insert(step);
                other.into_mut()
            }
            Entry::Vacant(place) => {
                let step = new(place.key());
                place.insert(step)
            }
        };
        if let RunEvent::Attempting = what {
            let attempt = info_span!(parent: &step.span, "attempt", attempt = at.attempt(), round = at.round());
            step.attempt = Some(attempt);
        }
    }

    /// Closes the spans that an event ends, after it was told.
    fn close(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let mut runs = self.lock();
        match what {
            RunEvent::Finished { .. } | RunEvent::Abandoned { .. } => {
                runs.remove(&(at.saga(), at.id().clone()));
            }
            RunEvent::Applied
            | RunEvent::Rejected { .. }
            | RunEvent::TimedOut
            | RunEvent::Panicked { .. } => {
                let run = runs.get_mut(&(at.saga(), at.id().clone()));
                if let Some(step) = run.and_then(|run| run.steps.get_mut(&at.path())) {
                    step.attempt = None;
                }
            }
            _ => {}
        }
    }
}

impl Observer for Tracing {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        self.open(at, what);
        let span = self.span(at);
        match what {
            RunEvent::Stuck | RunEvent::Abandoned { .. } => error!(parent: &span, "{what}"),
            RunEvent::Finished { summary } if summary.end() == End::Parked => {
                error!(parent: &span, "{what}");
            }
            RunEvent::Rejected { .. }
            | RunEvent::TimedOut
            | RunEvent::Panicked { .. }
            | RunEvent::FinallyPanicked { .. }
            | RunEvent::Aborted
            | RunEvent::InDoubt
            | RunEvent::ResolveFailed { .. }
            | RunEvent::FallbackDeclined { .. }
            | RunEvent::CompensationFailed { .. }
            | RunEvent::Kept => warn!(parent: &span, "{what}"),
            RunEvent::Started
            | RunEvent::Resumed
            | RunEvent::Settled { .. }
            | RunEvent::FellBack
            | RunEvent::Turned { .. }
            | RunEvent::Compensated
            | RunEvent::CancelRequested
            | RunEvent::DeadlinePassed
            | RunEvent::Finished { .. } => info!(parent: &span, "{what}"),
            _ => debug!(parent: &span, "{what}"),
        }
        self.close(at, what);
    }

    fn around(&self, at: &Context<'_>, poll: &mut dyn FnMut()) {
        self.span(at).in_scope(poll);
    }
}
