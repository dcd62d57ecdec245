//! The other side: it does what a random script says, within what a saga's author has promised, and
//! keeps a ledger of what stands.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use saga::{Verdict, runtime::CallKind};
use tokio::time::{Instant, sleep};

use super::step::Step;
pub(crate) use super::trouble::Trouble;

/// How one call goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// It does it and says so.
    Do,
    /// It does nothing, and says so; or some of it, if that is what it says.
    Fail(Trouble),
    /// The caller cannot know what it did.
    Lose(Did, Lost),
}

/// What became of a call whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Nothing,
    All,
    /// All of it, four units after the call has ended.
    AllLater,
}

/// How a call was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Error,
    Panic,
    Silence,
}

/// What each step's calls do, one after the other; whatever is not listed goes well.
#[derive(Clone)]
pub(crate) struct Script(pub(crate) HashMap<(&'static str, CallKind), Vec<Act>>);

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut calls: Vec<_> = self.0.iter().filter(|(_, acts)| !acts.is_empty()).collect();
        calls.sort_by_key(|((step, kind), _)| (*step, kind.to_string()));
        for ((step, kind), acts) in calls {
            write!(f, "{step} {kind:?} {acts:?}; ")?;
        }
        Ok(())
    }
}

/// What a caller hears.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Yes(u32),
    /// `resolve` only: it did not happen, and no longer can.
    Nothing,
    Err(Trouble),
    Panic,
}

impl Answer {
    /// As the code of a step gives it.
    pub(crate) fn told(self) -> Result<Option<u32>, Trouble> {
        match self {
            Self::Yes(number) => Ok(Some(number)),
            Self::Nothing => Ok(None),
            Self::Err(trouble) => Err(trouble),
            // Not `panic!`, whose message nobody wants to read a thousand times.
            Self::Panic => resume_unwind(Box::new("scripted")),
        }
    }

    /// As an action gives it.
    pub(crate) fn effect(self) -> Result<u32, Trouble> {
        self.told().map(Option::unwrap_or_default)
    }

    /// As a compensation gives it.
    pub(crate) fn done(self) -> Result<(), Trouble> {
        self.told().map(drop)
    }

    /// As a `when` gives it.
    pub(crate) fn wanted(self) -> bool {
        self.told().is_ok()
    }
}

/// What was ordered under a key; `holds` until it is cancelled. A key that was cancelled, ordered
/// or not, does nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) step: &'static str,
    pub(crate) holds: bool,
    /// Whether some of it is missing.
    pub(crate) half: bool,
}

#[derive(Default)]
struct Books {
    calls: HashMap<(&'static str, CallKind), usize>,
    /// The keys of each step, in the order in which they came up.
    keys: HashMap<&'static str, Vec<String>>,
    ledger: HashMap<String, Entry>,
    trace: Vec<Call>,
}

/// A call: when, of what, under which of its step's keys, and with which values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    at: Duration,
    step: &'static str,
    kind: String,
    key: Option<usize>,
    with: String,
}

/// The vendor; clones are the same vendor.
#[derive(Clone)]
pub(crate) struct Vendor {
    since: Instant,
    steps: &'static [Step],
    script: Arc<Script>,
    books: Arc<Mutex<Books>>,
}

/// How long calls of a step take, chosen so that no two concurrent steps ever act at the same time.
pub(crate) fn unit(step: &str) -> Duration {
    const PRIMES: [u64; 6] = [1009, 1013, 1019, 1021, 1031, 1033];
    let letter = usize::from(step.as_bytes()[0] - b'a');
    Duration::from_millis(PRIMES[letter])
}

/// The timeout of an action.
pub(crate) const TIMEOUT: u32 = 3;
/// The timeout of a `resolve` or a compensation.
pub(crate) const SHORT: u32 = 2;
/// `#[late]`.
pub(crate) const LATE: u32 = 5;

impl Vendor {
    pub(crate) fn new(steps: &'static [Step], script: &Arc<Script>) -> Self {
        Self {
            since: Instant::now(),
            steps,
            script: Arc::clone(script),
            books: Arc::default(),
        }
    }

    /// All calls; those of one moment in order of declaration.
    pub(crate) fn trace(&self) -> Vec<Call> {
        let mut trace = self.books().trace.clone();
        trace.sort_by_key(|call| (call.at, call.step));
        trace
    }

    /// For each step: how many of its operations stand, and whether somebody tried to undo it.
    pub(crate) fn books_of_all(&self) -> Vec<(usize, bool)> {
        let books = self.books();
        let of = |step: &Step| {
            let by = step.with.map_or(step.name, |by| self.steps[by].name);
            let held = books.ledger.values();
            let held = held.filter(|entry| entry.holds && entry.step == step.name);
            let undone = books.calls.contains_key(&(by, CallKind::Compensate));
            (held.count(), undone)
        };
        self.steps.iter().map(of).collect()
    }

    /// An action. `key` is absent for a `read`.
    pub(crate) async fn act(&self, step: &'static str, key: Option<&str>, with: String) -> Answer {
        let act = self.called(step, CallKind::Action, key, with);
        let entry = |half| Entry {
            step,
            holds: true,
            half,
        };
        let number = self.number(step, key);
        if let Act::Lose(did, lost) = act {
            match (did, key) {
                (Did::All, Some(key)) => self.order(key, entry(false)),
                (Did::AllLater, Some(key)) => self.order_later(key, entry(false), lost),
                _ => {}
            }
            return self.lose(step, lost).await;
        }
        sleep(unit(step)).await;
        match (act, key) {
            // What stands is given back.
            (Act::Fail(trouble), Some(key))
                if trouble.verdict() == Verdict::Refused && self.is_held(key) =>
            {
                Answer::Yes(number)
            }
            (Act::Fail(Trouble::Half), Some(key)) if self.declared(step).classified => {
                self.order(key, entry(true));
                Answer::Err(Trouble::Half)
            }
            (Act::Fail(trouble), _) => Answer::Err(trouble),
            (_, Some(key)) => {
                self.order(key, entry(false));
                Answer::Yes(number)
            }
            (_, None) => Answer::Yes(number),
        }
    }

    pub(crate) async fn resolve(&self, step: &'static str, key: &str) -> Answer {
        match self.called(step, CallKind::Resolve, Some(key), String::new()) {
            Act::Lose(_, lost) => return self.lose(step, lost).await,
            act => {
                sleep(unit(step)).await;
                match act {
                    Act::Fail(trouble) => Answer::Err(trouble),
                    _ if self.is_held(key) => Answer::Yes(self.number(step, Some(key))),
                    _ => Answer::Nothing,
                }
            }
        }
    }

    pub(crate) async fn undo(&self, step: &'static str, key: &str, with: String) -> Answer {
        let act = self.called(step, CallKind::Compensate, Some(key), with);
        let cancel = || {
            let cancelled = cancelled(step);
            self.books().ledger.insert(key.to_owned(), cancelled);
            self.cancel_covered(step);
        };
        match act {
            Act::Lose(did, lost) => {
                if did == Did::All {
                    cancel();
                }
                self.lose(step, lost).await
            }
            act => {
                sleep(unit(step)).await;
                if let Act::Fail(trouble) = act {
                    return Answer::Err(trouble);
                }
                cancel();
                Answer::Yes(0)
            }
        }
    }

    /// With the operations that hang on it, those still on their way included.
    fn cancel_covered(&self, by: &'static str) {
        let books = &mut *self.books();
        let covers = |step: &&Step| step.with.is_some_and(|with| self.steps[with].name == by);
        for step in self.steps.iter().filter(covers).map(|step| step.name) {
            let keys = books.keys.entry(step).or_default().iter();
            let cancelled = keys.map(|key| (key.clone(), cancelled(step)));
            books.ledger.extend(cancelled);
        }
    }

    /// What a fallback gives instead.
    pub(crate) async fn stand_in(&self, step: &'static str) -> Answer {
        match self.called(step, CallKind::Fallback, None, String::new()) {
            Act::Lose(_, Lost::Silence | Lost::Panic) => self.lose(step, Lost::Panic).await,
            Act::Lose(_, Lost::Error) => self.lose(step, Lost::Error).await,
            act => {
                sleep(unit(step)).await;
                match act {
                    Act::Fail(trouble) => Answer::Err(trouble),
                    _ => Answer::Yes(1000),
                }
            }
        }
    }

    /// A `when`: an error says no.
    pub(crate) fn is_wanted(&self, step: &'static str) -> Answer {
        match self.called(step, CallKind::When, None, String::new()) {
            Act::Do => Answer::Yes(0),
            Act::Lose(_, Lost::Panic) => Answer::Panic,
            _ => Answer::Err(Trouble::No),
        }
    }

    /// Notes the call and returns how it goes: as scripted, if that keeps the step's promises.
    fn called(&self, step: &'static str, kind: CallKind, key: Option<&str>, with: String) -> Act {
        let at = self.since.elapsed();
        let key = key.map(|key| self.place(step, key));
        let mut books = self.books();
        let count = books.calls.entry((step, kind)).or_default();
        let script = self.script.0.get(&(step, kind));
        let act = script.and_then(|acts| acts.get(*count)).copied();
        *count += 1;
        books.trace.push(Call {
            at,
            step,
            kind: format!("{kind:?}"),
            key,
            with,
        });
        promised(self.declared(step), kind, act.unwrap_or(Act::Do))
    }

    fn declared(&self, step: &str) -> &'static Step {
        let declared = self.steps.iter().find(|declared| declared.name == step);
        declared.expect("a step of the saga")
    }

    async fn lose(&self, step: &'static str, lost: Lost) -> Answer {
        if lost == Lost::Silence {
            pending::<()>().await;
        }
        sleep(unit(step)).await;
        match lost {
            Lost::Error => Answer::Err(Trouble::Lost),
            Lost::Panic | Lost::Silence => Answer::Panic,
        }
    }

    fn order(&self, key: &str, entry: Entry) {
        let mut books = self.books();
        let ordered = books.ledger.entry(key.to_owned()).or_insert(entry);
        ordered.half &= entry.half;
    }

    fn order_later(&self, key: &str, entry: Entry, lost: Lost) {
        let units = if lost == Lost::Silence { TIMEOUT } else { 1 } + 4;
        let (vendor, key, wait) = (self.clone(), key.to_owned(), unit(entry.step) * units);
        tokio::spawn(async move {
            sleep(wait).await;
            vendor.order(&key, entry);
        });
    }

    fn is_held(&self, key: &str) -> bool {
        let books = self.books();
        let entry = books.ledger.get(key);
        entry.is_some_and(|entry| entry.holds && !entry.half)
    }

    /// The effect: of an operation, one for each key; of a `read`, how often it was asked.
    fn number(&self, step: &'static str, key: Option<&str>) -> u32 {
        let number = match key {
            Some(key) => 100 + self.place(step, key),
            None => self.books().calls[&(step, CallKind::Action)],
        };
        u32::try_from(number).expect("few calls")
    }

    fn place(&self, step: &'static str, key: &str) -> usize {
        let mut books = self.books();
        let keys = books.keys.entry(step).or_default();
        keys.iter()
            .position(|known| known == key)
            .unwrap_or_else(|| {
                keys.push(key.to_owned());
                keys.len() - 1
            })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cancelled(step: &'static str) -> Entry {
    Entry {
        step,
        holds: false,
        half: false,
    }
}

/// `act`, unless it would break a promise that the saga's author gave, or never end.
fn promised(step: &Step, kind: CallKind, act: Act) -> Act {
    let Act::Lose(did, lost) = act else {
        return act;
    };
    let timed = kind != CallKind::Action || step.timed;
    let lost = if lost == Lost::Silence && !timed {
        Lost::Panic
    } else {
        lost
    };
    let did = match did {
        _ if kind != CallKind::Action => did,
        // Without `#[classify]` an error says that nothing happened.
        _ if lost == Lost::Error && !step.classified => Did::Nothing,
        // Late only where `#[late]` says so, or where the compensation stops it.
        Did::AllLater if !step.late && (step.ask > 0 || step.same || !step.by_key) => Did::All,
        did => did,
    };
    Act::Lose(did, lost)
}
