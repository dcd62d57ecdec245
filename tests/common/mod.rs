//! A vendor whose answers are scripted, with a ledger of what it holds and a trace of what it was
//! asked.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use typed_saga::{Key, Verdict};

/// The error of all sagas here, one variant for each verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Trouble {
    No,
    Busy,
    Lost,
    Half,
}

impl Trouble {
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "what `#[classify]` asks for"
    )]
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::No => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::Lost => Verdict::Unknown,
            Self::Half => Verdict::Partial,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::Busy => "busy",
            Self::Lost => "lost",
            Self::Half => "half done",
        })
    }
}

impl std::error::Error for Trouble {}

/// What the vendor does when it is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    does: bool,
    after: Duration,
    says: Says,
}

#[derive(Clone, Copy, Debug)]
enum Says {
    Yes,
    Err(Trouble),
    Panic(&'static str),
    Nothing,
}

/// Does it and says so.
pub(crate) const YES: Answer = Answer {
    does: true,
    after: Duration::ZERO,
    says: Says::Yes,
};
/// Does nothing, and says so.
pub(crate) const NO: Answer = err(Trouble::No);
/// Does nothing, and says so; may do it next time.
pub(crate) const BUSY: Answer = err(Trouble::Busy);
/// Does nothing; the caller cannot know.
pub(crate) const UNSENT: Answer = err(Trouble::Lost);
/// Does it, and says that half of it is done.
pub(crate) const HALF: Answer = err(Trouble::Half).done();
/// Does it; the caller cannot know.
pub(crate) const UNHEARD: Answer = UNSENT.done();
/// Does nothing and never answers.
pub(crate) const HANG: Answer = Answer {
    does: false,
    after: Duration::ZERO,
    says: Says::Nothing,
};
/// Does it and never answers.
pub(crate) const MUTE: Answer = HANG.done();

const fn err(trouble: Trouble) -> Answer {
    Answer {
        does: false,
        after: Duration::ZERO,
        says: Says::Err(trouble),
    }
}

/// Does nothing and panics.
pub(crate) const fn panics(text: &'static str) -> Answer {
    Answer {
        does: false,
        after: Duration::ZERO,
        says: Says::Panic(text),
    }
}

impl Answer {
    /// The same answer, although it does it.
    pub(crate) const fn done(self) -> Self {
        Self { does: true, ..self }
    }

    /// The same answer, this much later. What it does, it does at once.
    pub(crate) const fn after(self, millis: u64) -> Self {
        Self {
            after: Duration::from_millis(millis),
            ..self
        }
    }
}

/// An operation that was ordered under a key.
#[derive(Clone, Debug)]
struct Operation {
    name: &'static str,
    key: String,
    number: u32,
    holds: bool,
}

#[derive(Default)]
struct Books {
    trace: Vec<(Duration, String)>,
    /// The answers to come, and what is answered when there are none left.
    scripts: HashMap<&'static str, (Vec<Answer>, Option<Answer>)>,
    ledger: Vec<Operation>,
    calls: u32,
}

/// The vendor; clones are the same vendor.
#[derive(Clone)]
pub(crate) struct Vendor {
    since: Instant,
    books: Arc<Mutex<Books>>,
}

impl Vendor {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            books: Arc::default(),
        }
    }

    /// Answers `name` like this, one answer a call; then yes.
    pub(crate) fn on(self, name: &'static str, answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        self.books().scripts.insert(name, (answers, None));
        self
    }

    /// Answers `name` like this from now on.
    pub(crate) fn always(self, name: &'static str, answer: Answer) -> Self {
        self.books()
            .scripts
            .insert(name, (Vec::new(), Some(answer)));
        self
    }

    /// What it was asked so far, and the delayed answers that somebody waited for, in order.
    pub(crate) fn trace(&self) -> Vec<String> {
        let books = self.books();
        books.trace.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// The trace so far, as one line; what follows is a new one.
    pub(crate) fn line(&self) -> String {
        let entries = std::mem::take(&mut self.books().trace);
        let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
        entries.join(", ")
    }

    /// When `entry` is in the trace, in milliseconds since the vendor was made.
    pub(crate) fn times(&self, entry: &str) -> Vec<u128> {
        let books = self.books();
        let at = books.trace.iter().filter(|(_, what)| what == entry);
        at.map(|(at, _)| at.as_millis()).collect()
    }

    /// What is ordered and not cancelled, in order.
    pub(crate) fn holds(&self) -> Vec<&'static str> {
        let books = self.books();
        let held = books.ledger.iter().filter(|operation| operation.holds);
        held.map(|operation| operation.name).collect()
    }

    /// Puts `entry` into the trace.
    pub(crate) fn note(&self, entry: impl fmt::Display) {
        let at = self.since.elapsed();
        self.books().trace.push((at, entry.to_string()));
    }

    /// Asks for `name`; the answer is the number of the call.
    pub(crate) async fn call(&self, name: &'static str) -> Result<u32, Trouble> {
        self.call_with(name, "").await
    }

    /// Asks for `name` with arguments that the trace shows.
    pub(crate) async fn call_with(
        &self,
        name: &'static str,
        with: impl fmt::Display,
    ) -> Result<u32, Trouble> {
        let answer = self.ask(name, with);
        let number = self.books().calls;
        self.say(name, answer).await.map(|()| number)
    }

    /// The same for a call that gives nothing.
    pub(crate) async fn undo(
        &self,
        name: &'static str,
        with: impl fmt::Display,
    ) -> Result<(), Trouble> {
        self.call_with(name, with).await.map(|_| ())
    }

    /// Orders `name` under `key`: once, however often it is asked, and what is ordered is not
    /// refused later. Never again once it was cancelled.
    pub(crate) async fn order(&self, name: &'static str, key: &Key) -> Result<u32, Trouble> {
        let mut answer = self.ask(name, "");
        let number = {
            let mut books = self.books();
            let number = books.calls;
            let known = books.ledger.iter().find(|known| known.key == key.as_str());
            match known.map(|known| (known.holds, known.number)) {
                Some((true, number)) => {
                    if matches!(answer.says, Says::Err(Trouble::No)) {
                        answer.says = Says::Yes;
                    }
                    number
                }
                Some((false, _)) if answer.does => return Err(Trouble::No),
                None if answer.does => {
                    books.ledger.push(Operation {
                        name,
                        key: key.to_string(),
                        number,
                        holds: true,
                    });
                    number
                }
                _ => number,
            }
        };
        self.say(name, answer).await.map(|()| number)
    }

    /// Cancels what was ordered under `key`, or what may still arrive under it; `name` is for the
    /// trace.
    pub(crate) async fn cancel(&self, name: &'static str, key: &Key) -> Result<(), Trouble> {
        let answer = self.ask(name, "");
        if answer.does {
            let mut books = self.books();
            match books
                .ledger
                .iter_mut()
                .find(|known| known.key == key.as_str())
            {
                Some(known) => known.holds = false,
                None => books.ledger.push(Operation {
                    name,
                    key: key.to_string(),
                    number: 0,
                    holds: false,
                }),
            }
        }
        self.say(name, answer).await
    }

    /// What was ordered under `key`, if anything; `name` is for the trace.
    pub(crate) async fn find(&self, name: &'static str, key: &Key) -> Result<Option<u32>, Trouble> {
        let answer = self.ask(name, "");
        let held = {
            let books = self.books();
            let known = books.ledger.iter().find(|known| known.key == key.as_str());
            known.filter(|known| known.holds).map(|known| known.number)
        };
        self.say(name, answer).await.map(|()| held)
    }

    fn ask(&self, name: &'static str, with: impl fmt::Display) -> Answer {
        self.note(format_args!("{name} {with}").to_string().trim_end());
        let mut books = self.books();
        books.calls += 1;
        match books.scripts.get_mut(name) {
            Some((answers, then)) => answers.pop().or(*then).unwrap_or(YES),
            None => YES,
        }
    }

    async fn say(&self, name: &'static str, answer: Answer) -> Result<(), Trouble> {
        if answer.after > Duration::ZERO {
            sleep(answer.after).await;
            self.note(format_args!("{name} answers"));
        }
        match answer.says {
            Says::Yes => Ok(()),
            Says::Err(trouble) => Err(trouble),
            Says::Panic(text) => panic!("{text}"),
            Says::Nothing => pending().await,
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
