//! Walks all paths through a saga, with a limited number of faults on each.

use super::{
    audit::Audit,
    cast::Cast,
    fault::{Fault, Means},
    known::{Errors, Known, late},
    ledger::Effect,
    left::Left,
    path::{Path, Site},
    report::{Finding, Report},
    run::{Ran, Signals},
};
use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};
use typed_saga_core::{
    CallKind, Machine, Prepared, Signals as _, Summary, Verdict, definition::Definition,
};

/// Explores a saga: `world` makes fakes in the state before the saga, and `saga` makes the saga to
/// be run with them.
///
/// A path can be reported and walked again if the fakes behave the same each time. Each path gets a
/// new world; a saga that crashes on the path is made several times in that world. Give the saga an
/// [`id`](Prepared::id), so that keys can be compared from run to run.
///
/// ```
/// use std::{collections::BTreeMap, sync::{Arc, Mutex}};
/// use typed_saga::{Key, saga, testing::{Effect, explore}};
///
/// #[derive(Clone, Default)]
/// struct Hall(Arc<Mutex<BTreeMap<String, (u32, u32)>>>); // by key: held, released
///
/// impl Hall {
///     async fn hold(&self, key: &Key) -> Result<String, String> {
///         self.0.lock().unwrap().entry(key.to_string()).or_insert((1, 0));
///         Ok(key.to_string())
///     }
///     async fn release(&self, seat: &String) -> Result<(), String> {
///         self.0.lock().unwrap().get_mut(seat).ok_or("no such seat")?.1 = 1;
///         Ok(())
///     }
///     async fn print(&self, _seat: &String) -> Result<(), String> { Ok(()) }
/// }
///
/// saga! {
///     saga SellSeat() with (hall: Hall) -> Result<(), String> {
///         #[timeout(1s)]
///         #[idempotent]
///         step seat(hall, key) -> String = Hall::hold
///             compensate(hall, seat) = Hall::release;
///
///         step ticket(hall, seat) = Hall::print
///             compensate none
///     }
/// }
///
/// explore(Hall::default, |hall| SellSeat {}.with(hall.clone()).id("sale-1"))
///     .error(|verdict| Some(format!("{verdict:?}")))
///     .ledger(|hall| {
///         let seats = hall.0.lock().unwrap();
///         let effect =
///             |(key, (held, released))| Effect::of("seat").key(key).made(held).undone(released);
///         seats.clone().into_iter().map(effect).collect()
///     })
///     .run()
///     .assert();
/// ```
pub fn explore<W, M>(
    world: impl Fn() -> W + 'static,
    saga: impl Fn(&W) -> Prepared<M> + 'static,
) -> Explorer<W, M>
where
    W: Send + Sync + 'static,
    M: Machine,
{
    Explorer {
        world: Box::new(world),
        saga: Box::new(saga),
        cast: Arc::new(Cast::of(M::DEFINITION)),
        errors: Arc::new(Vec::new()),
        outage: None,
        ledger: Arc::new(|_| Vec::new()),
        heard: None,
        invariant: Box::new(|_, _| Ok(())),
        lateness: HashMap::new(),
        calls: HashMap::new(),
        signals: BTreeMap::new(),
        depth: 2,
        limit: None,
        only: None,
    }
}

/// The maximum number of paths that are run, unless the test sets another.
const PATHS: usize = 20_000;

type Outage<W> = Arc<dyn Fn(&W, bool) + Send + Sync>;
pub(super) type World<W> = Box<dyn Fn() -> W>;
pub(super) type Saga<W, M> = Box<dyn Fn(&W) -> Prepared<M>>;
type Ledger<W> = Arc<dyn Fn(&W) -> Vec<Effect> + Send + Sync>;
type Heard<W> = Box<dyn Fn(&W) -> Vec<String>>;
type Invariant<W> = Box<dyn Fn(&W, &Summary) -> Result<(), String>>;

/// Configures an exploration: see [`explore`].
#[must_use = "nothing is explored before `run`"]
pub struct Explorer<W, M: Machine> {
    pub(super) world: World<W>,
    pub(super) saga: Saga<W, M>,
    pub(super) cast: Arc<Cast>,
    pub(super) errors: Arc<Vec<Errors>>,
    pub(super) outage: Option<Outage<W>>,
    pub(super) ledger: Ledger<W>,
    heard: Option<Heard<W>>,
    pub(super) invariant: Invariant<W>,
    pub(super) lateness: HashMap<&'static str, Duration>,
    pub(super) calls: HashMap<&'static str, u32>,
    pub(super) signals: Signals<M>,
    depth: usize,
    pub(super) limit: Option<usize>,
    pub(super) only: Option<String>,
}

impl<W: Send + Sync + 'static, M: Machine> Explorer<W, M> {
    /// Makes an error that means `verdict`, as a service would return it; `None` if no error means
    /// that. Without it, no call fails with an error.
    pub fn error(
        self,
        error: impl Fn(Verdict) -> Option<M::Error> + Send + Sync + 'static,
    ) -> Self {
        self.error_of(error)
    }

    /// Makes an error for a child saga whose error type is different, as [`error`](Self::error)
    /// does. Without it, no call of such a child saga fails with an error.
    pub fn error_of<E: Send + 'static>(
        mut self,
        error: impl Fn(Verdict) -> Option<E> + Send + Sync + 'static,
    ) -> Self {
        Errors::of(error).add_to(&mut self.errors);
        self
    }

    /// Switches all services off (`true`) and on again. While they are off, each request to them
    /// fails and has no effect. Finds compensations that swallow errors.
    pub fn outage(mut self, outage: impl Fn(&W, bool) + Send + Sync + 'static) -> Self {
        self.outage = Some(Arc::new(outage));
        self
    }

    /// The effects in a world. The outcome of the saga must list every effect that remains applied,
    /// and no other; no effect may be made or undone twice. An attempt whose error means that
    /// nothing happened must leave the effects unchanged.
    pub fn ledger(mut self, ledger: impl Fn(&W) -> Vec<Effect> + Send + Sync + 'static) -> Self {
        self.ledger = Arc::new(ledger);
        self
    }

    /// The [keys](crate::Key) of the events that a world has received, or their texts, in order.
    /// Each event is delivered twice, as if an answer had been lost, and also during an
    /// [`outage`](Self::outage). They must be the saga's events: those of `emit failed` if the saga
    /// was compensated, none if it parked.
    pub fn heard<K: AsRef<str>>(mut self, heard: impl Fn(&W) -> Vec<K> + 'static) -> Self {
        let text = |key: K| key.as_ref().to_owned();
        let texts = move |world: &W| heard(world).into_iter().map(text).collect();
        self.heard = Some(Box::new(texts));
        self
    }

    /// Checks an additional condition after a saga with this summary; `Err` describes the
    /// violation.
    pub fn invariant(
        mut self,
        invariant: impl Fn(&W, &Summary) -> Result<(), String> + 'static,
    ) -> Self {
        self.invariant = Box::new(invariant);
        self
    }

    /// Sets how long after its attempt timed out a request of this step may take effect: declare
    /// here what you know of the service, even if `#[late]` says something else. Default: three
    /// quarters of `#[late]`.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn late(mut self, step: &'static str, lateness: Duration) -> Self {
        self.assert_step(step);
        self.lateness.insert(step, lateness);
        self
    }

    /// The number of calls of this step, each with an [`Effect`] under its own key. Default: one.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn calls(mut self, step: &'static str, calls: u32) -> Self {
        self.assert_step(step);
        self.calls.insert(step, calls);
        self
    }

    /// Sends this signal as soon as the saga waits for it; on other paths earlier, twice, when the
    /// wait times out, or never. Call this method once for each signal; of two values, the later
    /// one counts. A signal without a value times out.
    ///
    /// ```
    /// # use typed_saga::{saga, testing::{Fault, explore}, runtime::CallKind};
    /// saga! {
    ///     saga Expense() -> Result<String, String> {
    ///         #[timeout(3600s)]
    ///         signal approved -> String;
    ///         approved
    ///     }
    /// }
    ///
    /// let report = explore(|| (), |()| Expense {}.run())
    ///     .signal(|| ExpenseSignal::Approved("Ada".to_owned()))
    ///     .run();
    /// report.assert();
    /// assert_eq!(report.reached("approved", CallKind::Action, Fault::NeverSent), 1);
    /// ```
    pub fn signal(mut self, signal: impl Fn() -> M::Signal + 'static) -> Self {
        let (step, _) = signal().open();
        self.signals.insert(step, Box::new(signal));
        self
    }

    fn assert_step(&self, step: &str) {
        let known = self.cast.all().iter().any(|(_, part)| part.plain == step);
        assert!(known, "{} has no step `{step}`", M::DEFINITION.name);
    }

    /// The maximum number of faults on one path. Default: 2.
    pub fn depth(mut self, faults: usize) -> Self {
        self.depth = faults;
        self
    }

    /// The maximum number of paths that are run, those with fewer faults first. Default: 20,000.
    /// The report says if there are more.
    pub fn limit(mut self, paths: usize) -> Self {
        self.limit = Some(paths);
        self
    }

    /// Runs only this path, as [`Finding::path`](super::Finding::path) returns it, for example in a
    /// debugger.
    pub fn only(mut self, path: impl Into<String>) -> Self {
        self.only = Some(path.into());
        self
    }

    /// Runs all paths, each in virtual time: no wait takes real time.
    ///
    /// # Panics
    /// Within a tokio runtime, because it makes its own; if the path of [`only`](Self::only) cannot
    /// be read; or if one of the closures panics.
    pub fn run(self) -> Report {
        let mut report = Report::of(Arc::clone(&self.cast));
        let means = Known::of::<M>(&self.errors, &self.signals);
        for (meant, judged) in means.misjudged() {
            report.misjudged(meant, judged);
        }
        let mut paths = VecDeque::from([self.first()]);
        let (mut told, mut left) = (HashSet::new(), Left::default());
        if self.only.is_some() {
            let (_, effects, _) = self.walk(&Path::default());
            told.extend(made(&effects));
        }
        while let Some(path) = paths.pop_front() {
            if report.paths() == self.limit.unwrap_or(PATHS) {
                report.cut_short();
                break;
            }
            let (ran, effects, world) = self.walk(&path);
            if path.0.is_empty() {
                told.extend(made(&effects));
            }
            report.walked(&path, &ran, &effects, &means);
            let findings = self.findings(&path, &ran, &effects, &told, &means, &world);
            // All paths that begin with this one would have the same findings.
            if findings.is_empty() && path.0.len() < self.depth && self.only.is_none() {
                paths.extend(self.onwards(&path, &ran, &means));
            }
            // Paths that begin with this one may have other findings.
            let changed = ran.changed.iter().map(|changed| {
                let broken = changed.broken(&self.cast);
                Finding::of(broken, &path, &ran, &self.cast)
            });
            let anew = self.anew(&path, &ran, &effects, &world, &mut left);
            report.ran_anew(anew.as_ref().map(|(again, _)| again));
            let anew = anew.into_iter().flat_map(|(_, found)| found);
            for finding in findings.into_iter().chain(changed).chain(anew) {
                report.found(finding);
            }
        }
        let waits = self.cast.all().into_iter();
        let waits = waits.filter(|(_, part)| !part.declared.kind.acts());
        let calm = waits.map(|(step, _)| step).filter(|step| {
            let faults = self.faults(&means, *step, CallKind::Action, None, false);
            faults.is_empty()
        });
        let calm: Vec<_> = calm.collect();
        report.finish(&means, self.outage.is_some(), &calm);
        report
    }

    fn first(&self) -> Path {
        let text = self.only.as_deref().unwrap_or_default();
        Path::read(text, &self.cast).unwrap_or_else(|why| panic!("no path: {why}"))
    }

    /// All faults that a call of a step can have.
    fn faults(
        &self,
        known: &Known,
        step: u16,
        call: CallKind,
        error: Option<TypeId>,
        done: bool,
    ) -> Vec<Fault> {
        let part = self.cast.part(step);
        let means = Means {
            durable: M::DEFINITION.durable,
            verdicts: &known.verdicts_of(error, part.definition),
            outage: self.outage.is_some(),
            lateness: late(&self.lateness, &part),
            sent: part.nodes.is_empty() && known.signals.contains(&step),
        };
        means.faults(part.declared, call, done)
    }

    /// All paths with one more fault, in a call after those of this path's faults.
    fn onwards(&self, path: &Path, ran: &Ran, known: &Known) -> Vec<Path> {
        let mut onwards = Vec::new();
        if path.0.is_empty() {
            let early = self.signals.keys().map(|step| Site {
                step: *step,
                call: CallKind::Action,
                nth: 0,
            });
            onwards.extend(early.map(|site| path.and(site, Fault::SentEarly)));
        }
        for called in ran.open_calls() {
            let site = called.site;
            let done = ran.story.may_be_done_before(called);
            let faults = self.faults(known, site.step, site.call, called.error, done);
            onwards.extend(faults.into_iter().map(|fault| path.and(site, fault)));
        }
        onwards
    }

    fn findings(
        &self,
        path: &Path,
        ran: &Ran,
        effects: &[Effect],
        told: &HashSet<String>,
        known: &Known,
        world: &W,
    ) -> Vec<Finding> {
        let misjudged: Vec<_> = known.misjudged().map(|(meant, _)| meant).collect();
        let audit = Audit {
            cast: &self.cast,
            ran,
            effects,
            told,
            calls: &self.calls,
            misjudged: &misjudged,
            heard: self.heard.as_ref().map(|heard| heard(world)),
            before: None,
        };
        let mut findings: Vec<_> = audit
            .broken()
            .into_iter()
            .map(|broken| Finding::of(broken, path, ran, &self.cast))
            .collect();
        if let Ok(summary) = &ran.end {
            if let Err(why) = (self.invariant)(world, summary) {
                let why = (why, audit.all_repeated());
                findings.push(Finding::invariant(why, path, ran, &self.cast));
            }
        }
        findings
    }
}

/// The steps whose effects a ledger lists.
fn made(effects: &[Effect]) -> impl Iterator<Item = String> {
    let made = effects.iter().filter(|effect| effect.made > 0);
    made.map(|effect| effect.step.clone())
}

impl<W, M: Machine> fmt::Debug for Explorer<W, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let definition: &Definition = M::DEFINITION;
        f.debug_struct("Explorer")
            .field("saga", &definition.name)
            .field("depth", &self.depth)
            .field("limit", &self.limit)
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}
