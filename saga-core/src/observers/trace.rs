//! Runs as `tracing` spans and events.

use super::event::{Interest, Observer, RunEvent, Severity};
use crate::{kernel::End, report::context::Context, values::id::Id};
use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tracing::{Span, debug, error, info, info_span, level_filters::LevelFilter, trace_span, warn};

/// The target of all spans and events: what users name in filters is the crate that they know.
const TARGET: &str = "typed_saga";

/// Reports every run to `tracing`: a span for each saga, in it one for each step, in it one for
/// each attempt. Your code in an attempt runs within the attempt's span. The items of a loop, and
/// the steps of a child saga, have spans within that of the loop or the child saga. Everything else
/// is an event in the innermost span that it concerns, with the text of [`RunEvent`] as its
/// message.
///
/// If the subscriber is off, or there is none, a run that starts costs what it costs without an
/// observer. If the subscriber wants no more than warnings, a run that starts reports its failures
/// alone, even if the subscriber wants more later.
///
/// | span | fields |
/// |---|---|
/// | `saga` | `saga`: its name; `id`: its id |
/// | `step` | `step`: its path, as `hotel` or `parcel[3]` |
/// | `attempt` | `attempt`: from 1; `round`: from 0 |
///
/// The target of all is `typed_saga`.
///
/// Levels: `ERROR` if an operator is needed (stuck, parked, orphaned), `WARN` for failures, `INFO`
/// for starts, ends and settled doubt, `DEBUG` for the rest. Events at `ERROR` and `WARN` also have
/// `saga` and `id`, and those of a step `step` and `attempt`, as fields of their own, because a
/// filter that drops `INFO` drops the spans.
#[derive(Debug, Default)]
pub struct Tracing {
    runs: Mutex<Runs>,
    /// The number of runs in `runs`.
    open: AtomicUsize,
}

type Runs = HashMap<(&'static str, Id), Run>;

#[derive(Debug)]
struct Run {
    saga: Span,
    /// By path.
    steps: HashMap<Cow<'static, str>, StepSpans>,
}

#[derive(Debug)]
struct StepSpans {
    /// The span that contains this one: each attempt of a child saga has steps of its own.
    parent: Option<tracing::span::Id>,
    span: Span,
    attempt: Option<Span>,
}

impl Run {
    fn new(at: &Context<'_>) -> Self {
        Self {
            saga: info_span!(target: TARGET, "saga", saga = at.saga(), id = %at.id()),
            steps: HashMap::new(),
        }
    }

    /// Returns the step of this path, in the span that is open for what contains it.
    fn step(&mut self, path: Cow<'static, str>) -> &mut StepSpans {
        let above = above(&path).map(|above| self.innermost(above).clone());
        let parent = above.as_ref().unwrap_or(&self.saga);
        let new = |path: &str| StepSpans {
            parent: parent.id(),
            span: info_span!(target: TARGET, parent: parent, "step", step = path),
            attempt: None,
        };
        match self.steps.entry(path) {
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
        }
    }

    /// Returns the innermost span of a step, or of what contains it.
    fn innermost(&self, path: &str) -> &Span {
        let mut path = Some(path);
        while let Some(step) = path {
            if let Some(StepSpans { span, attempt, .. }) = self.steps.get(step) {
                return attempt.as_ref().unwrap_or(span);
            }
            path = above(step);
        }
        &self.saga
    }
}

/// The path of the loop or child saga that contains a step, if there is one.
fn above(path: &str) -> Option<&str> {
    let end = if path.ends_with(']') {
        path.rfind('[')
    } else {
        path.rfind('/')
    };
    Some(&path[..end?])
}

impl Tracing {
    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are no spans, and none would be opened: then there is nothing to look up.
    fn has_no_spans(&self) -> bool {
        is_below(LevelFilter::INFO) && self.open.load(Ordering::Relaxed) == 0
    }

    /// Opens the spans that an event begins, and returns the innermost span that the event
    /// concerns. If the event ends the run, the run is returned, too: the caller drops it after it
    /// has emitted the event.
    fn turn(&self, at: &Context<'_>, what: &RunEvent<'_>) -> (Span, Option<Run>) {
        let path = at.path();
        let mut runs = self.lock();
        let run = runs.entry((at.saga(), at.id().clone()));
        let (span, ended) = match (what, run) {
            (RunEvent::FinallyPanicked { .. }, Entry::Vacant(_)) => (Span::none(), None),
            (RunEvent::Finished { .. } | RunEvent::Orphaned { .. }, run) => {
                let run = match run {
                    Entry::Occupied(run) => run.remove(),
                    Entry::Vacant(_) => Run::new(at),
                };
                (run.innermost(&path).clone(), Some(run))
            }
            (_, run) => {
                let run = run.or_insert_with(|| Run::new(at));
                if at.step().is_empty() {
                    (run.innermost(&path).clone(), None)
                } else {
                    (run.step(path).turn(at, what), None)
                }
            }
        };
        self.open.store(runs.len(), Ordering::Relaxed);
        (span, ended)
    }
}

impl StepSpans {
    /// Opens or closes the span of an attempt, as the event requires, and returns the span that the
    /// event concerns.
    fn turn(&mut self, at: &Context<'_>, what: &RunEvent<'_>) -> Span {
        let ended = match what {
            RunEvent::Attempting => {
                let (attempt, round) = (at.attempt(), at.round());
                let span =
                    info_span!(target: TARGET, parent: &self.span, "attempt", attempt, round);
                self.attempt = Some(span);
                None
            }
            RunEvent::Applied
            | RunEvent::Rejected { .. }
            | RunEvent::TimedOut
            | RunEvent::Panicked { .. } => self.attempt.take(),
            _ => None,
        };
        ended.unwrap_or_else(|| self.attempt.as_ref().unwrap_or(&self.span).clone())
    }
}

/// Whether spans and events of this level reach no subscriber.
fn is_below(level: LevelFilter) -> bool {
    // If `tracing` writes to `log`, `log` receives disabled spans, too; otherwise they are empty.
    static NOT_LOGGED: OnceLock<bool> = OnceLock::new();
    LevelFilter::current() < level && *NOT_LOGGED.get_or_init(|| trace_span!("disabled").is_none())
}

impl Observer for Tracing {
    fn interest(&self) -> Interest {
        if is_below(LevelFilter::ERROR) {
            Interest::Nothing
        } else if is_below(LevelFilter::INFO) {
            Interest::Failures
        } else {
            Interest::All
        }
    }

    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        if self.has_no_spans() {
            return emit(&Span::none(), at, what);
        }
        let (span, _ended) = self.turn(at, what);
        emit(&span, at, what);
    }

    fn around(&self, at: &Context<'_>, poll: &mut dyn FnMut()) {
        if self.has_no_spans() {
            return poll();
        }
        let (run, path) = ((at.saga(), at.id().clone()), at.path());
        let span = self
            .lock()
            .get(&run)
            .map(|run| run.innermost(&path).clone());
        span.unwrap_or_else(Span::none).in_scope(poll);
    }
}

/// Emits an event of a run within this span.
fn emit(span: &Span, at: &Context<'_>, what: &RunEvent<'_>) {
    // These levels name the saga in fields: a filter for warnings drops the spans that name it.
    macro_rules! name {
        ($level:ident) => {{
            let path = Some(at.path()).filter(|path| !path.is_empty());
            $level!(
                target: TARGET,
                parent: span,
                saga = at.saga(),
                id = %at.id(),
                step = path.as_deref(),
                attempt = path.as_ref().map(|_| at.attempt()),
                "{what}"
            )
        }};
    }
    match (what, what.level()) {
        (RunEvent::Finished { summary }, _) if summary.end() == End::Parked => name!(error),
        (_, Severity::Error) => name!(error),
        (_, Severity::Warn) => name!(warn),
        (_, Severity::Info) => info!(target: TARGET, parent: span, "{what}"),
        (_, Severity::Debug) => debug!(target: TARGET, parent: span, "{what}"),
    }
}
