//! The other side: it does what a random script says, within what a saga's author has promised, and
//! keeps a ledger of what stands.

use std::{
    collections::HashMap,
    future::pending,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use typed_saga::{Failure, Verdict};

use super::{
    answer::Answer,
    interpreter::Why,
    locks,
    post::Letter,
    script::{Act, Did, Kind, Lost, Script, TIMEOUT, promised, unit},
    step::{Place, Step, name_inside},
    trouble::Trouble,
    upgrade::versions::Versions,
    why,
};

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
    calls: HashMap<(&'static str, Kind), usize>,
    /// The keys of each step, in the order in which they came up.
    keys: HashMap<&'static str, Vec<String>>,
    ledger: HashMap<String, Entry>,
    trace: Vec<Call>,
}

/// A call: when, of what, under which of its step's keys, and with which values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(super) at: Duration,
    step: &'static str,
    kind: &'static str,
    key: Option<usize>,
    pub(super) with: String,
}

/// The vendor; clones are the same vendor.
#[derive(Clone)]
pub(crate) struct Vendor {
    pub(super) since: Instant,
    pub(super) steps: &'static [Step],
    pub(super) script: Arc<Script>,
    books: Arc<Mutex<Books>>,
    /// The item whose saga it serves.
    item: Option<&'static str>,
    /// Whose keys are its own.
    pub(super) number: u64,
    /// When the version that it serves is shut down.
    pub(super) versions: Arc<Versions>,
}

impl Vendor {
    pub(crate) fn new(steps: &'static [Step], script: &Arc<Script>) -> Self {
        Self {
            since: Instant::now(),
            steps,
            script: Arc::clone(script),
            books: Arc::default(),
            item: None,
            number: locks::number(),
            versions: Arc::default(),
        }
    }

    /// As the saga of this item knows it.
    pub(crate) fn inside(self, item: &'static str) -> Self {
        Self {
            item: Some(item),
            ..self
        }
    }

    /// What is declared by this name, where it is.
    pub(crate) fn name_of(&self, name: &'static str) -> &'static str {
        match self.item {
            None => name,
            Some(item) => self.declared(&name_inside(item, name)).name,
        }
    }

    /// Why its saga goes back.
    pub(crate) fn why(&self, failure: &Failure<Trouble>) -> (Option<&'static str>, Why) {
        let (step, why) = why(failure);
        (step.map(|step| self.name_of(step)), why)
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
            let by = step.with_name.unwrap_or(step.name);
            let held = books.ledger.values();
            let held = held.filter(|entry| entry.holds && entry.step == step.name);
            let undone = books.calls.contains_key(&(by, Kind::Compensate));
            (held.count(), undone)
        };
        self.steps.iter().flat_map(Step::leaves).map(of).collect()
    }

    /// An action. `key` is absent for a `read`.
    pub(crate) async fn act(&self, step: &'static str, key: Option<&str>, with: String) -> Answer {
        let _runs = self.versions.runs();
        let act = self.called(step, Kind::Action, key, with);
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
                if trouble.verdict().happened() == Verdict::Refused && self.is_held(key) =>
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
        let _runs = self.versions.runs();
        match self.called(step, Kind::Resolve, Some(key), String::new()) {
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
        let _runs = self.versions.runs();
        let act = self.called(step, Kind::Compensate, Some(key), with);
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
        let steps = self.steps.iter().flat_map(Step::all);
        let covered = steps.filter(|step| step.with_name == Some(by));
        for step in covered.map(|step| step.name) {
            let keys = books.keys.entry(step).or_default().iter();
            let cancelled = keys.map(|key| (key.clone(), cancelled(step)));
            books.ledger.extend(cancelled);
        }
    }

    /// What a fallback gives instead.
    pub(crate) async fn stand_in(&self, step: &'static str) -> Answer {
        let _runs = self.versions.runs();
        match self.called(step, Kind::Fallback, None, String::new()) {
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
        let declared = self.declared(step);
        // That of a signal or a lock is asked again after a wait that is drawn at random.
        let waits = declared.signal || declared.lock > 0;
        let drawn = waits && declared.place == Place::After;
        match self.called(step, Kind::When, None, String::new()) {
            Act::Do => Answer::Yes(0),
            Act::Lose(_, Lost::Panic) if !drawn => Answer::Panic,
            _ => Answer::Err(Trouble::No),
        }
    }

    /// What a loop is over.
    pub(crate) fn items(&self, step: &'static str) -> Option<Vec<&'static str>> {
        let declared = self.declared(step);
        let act = self.called(step, Kind::Items, None, String::new());
        let many = match act {
            // After the pivot it is tried again after a wait that is drawn at random.
            Act::Fail(Trouble::Half) | Act::Lose(..) if declared.place == Place::After => {
                declared.each
            }
            Act::Do | Act::Lose(_, Lost::Error) => declared.each,
            Act::Fail(trouble) => trouble as usize,
            Act::Lose(..) => return None,
        };
        Some(
            declared.items[..many]
                .iter()
                .map(|item| item.name)
                .collect(),
        )
    }

    /// As the expression of a loop gives them.
    pub(crate) fn for_each(&self, step: &'static str) -> Vec<&'static str> {
        self.items(step)
            .unwrap_or_else(|| resume_unwind(Box::new("scripted")))
    }

    /// What a saga that is a step begins with.
    pub(crate) fn inputs(&self, step: &'static str, with: String) -> Option<Self> {
        match self.called(step, Kind::Inputs, None, with) {
            Act::Lose(_, Lost::Panic) => None,
            _ => Some(self.clone()),
        }
    }

    /// As the braces of such a step give them.
    pub(crate) fn given(&self, step: &'static str, with: String) -> Self {
        self.inputs(step, with)
            .unwrap_or_else(|| resume_unwind(Box::new("scripted")))
    }

    /// How long a `sleep` takes.
    pub(crate) fn nap(&self, step: &'static str) -> Option<Duration> {
        let declared = self.declared(step);
        match self.called(step, Kind::Nap, None, String::new()) {
            Act::Lose(_, Lost::Panic) if declared.place == Place::Before => None,
            _ => Some(unit(step) * declared.nap),
        }
    }

    /// As the expression of a `sleep` gives it.
    pub(crate) fn naps(&self, step: &'static str) -> Duration {
        self.nap(step)
            .unwrap_or_else(|| resume_unwind(Box::new("scripted")))
    }

    /// What a letter was answered.
    pub(crate) fn answered(&self, letter: Letter, with: String) {
        let step = match letter {
            Letter::Signal(name, _) => name,
            Letter::Cancel => "",
        };
        self.noted(step, "answer", with);
    }

    /// Something happened that is no call.
    pub(super) fn noted(&self, step: &'static str, kind: &'static str, with: String) {
        let call = Call {
            at: self.since.elapsed(),
            step,
            kind,
            key: None,
            with,
        };
        self.books().trace.push(call);
    }

    /// Notes the call and returns how it goes: as scripted, if that keeps the step's promises.
    pub(super) fn called(
        &self,
        step: &'static str,
        kind: Kind,
        key: Option<&str>,
        with: String,
    ) -> Act {
        let at = self.since.elapsed();
        let key = key.map(|key| self.place(step, key));
        let mut books = self.books();
        let count = books.calls.entry((step, kind)).or_default();
        let act = self.script.act(step, kind, *count);
        *count += 1;
        books.trace.push(Call {
            at,
            step,
            kind: kind.name(),
            key,
            with,
        });
        promised(self.declared(step), kind, act)
    }

    pub(super) fn declared(&self, step: &str) -> &'static Step {
        let mut steps = self.steps.iter().flat_map(Step::all);
        steps
            .find(|declared| declared.name == step)
            .expect("a step of the saga")
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
            None => self.books().calls[&(step, Kind::Action)],
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
