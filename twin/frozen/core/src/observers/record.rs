//! Records the events of a run, in order.

use super::event::{Observer, RunEvent};
use crate::{report::context::Context, values::id::Id};
use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Records everything that happens in a run. Clones share what they record, so you can pass one to
/// a run and read another afterwards. Its `Display` is one line for each event.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Story>>);

/// The recorded events. Most texts are literals of the program, so they need not be copied while a
/// run waits.
#[derive(Debug, Default)]
struct Story {
    /// The id of each group of consecutive entries of one saga.
    ids: Vec<Id>,
    entries: Vec<Entry>,
}

/// The initial capacity: the number of events of a saga of eight steps that succeeds.
const ROOM: usize = 18;

#[derive(Debug)]
struct Entry {
    /// The index in [`Story::ids`].
    id: usize,
    /// Empty for the saga as a whole.
    step: &'static str,
    attempt: u32,
    round: u32,
    what: Cow<'static, str>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The saga's id.
    pub id: Id,
    /// The step's name; `None` for the saga as a whole.
    pub step: Option<&'static str>,
    /// The action's latest attempt, from 1.
    pub attempt: u32,
    /// The step's round, from 0.
    pub round: u32,
    /// What happened, as a predicate: "is attempted".
    pub what: String,
}

impl Recording {
    /// The events that were recorded so far.
    #[must_use]
    pub fn so_far(&self) -> Vec<Recorded> {
        let story = self.lock();
        story.recorded().collect()
    }

    /// The events that were recorded so far, as lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let story = self.lock();
        story.recorded().map(|it| it.to_string()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Story> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Story {
    fn recorded(&self) -> impl Iterator<Item = Recorded> {
        self.entries.iter().map(|entry| Recorded {
            id: self.ids[entry.id].clone(),
            step: Some(entry.step).filter(|step| !step.is_empty()),
            attempt: entry.attempt,
            round: entry.round,
            what: entry.what.clone().into_owned(),
        })
    }

    /// Returns the index of the id.
    fn id(&mut self, id: &Id) -> usize {
        if self.ids.last() != Some(id) {
            self.ids.push(id.clone());
        }
        self.ids.len() - 1
    }
}

impl Observer for Recording {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let what = match what.fixed() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(what.to_string()),
        };
        let mut story = self.lock();
        if story.entries.is_empty() {
            story.entries.reserve(ROOM);
        }
        let id = story.id(at.id());
        story.entries.push(Entry {
            id,
            step: at.step(),
            attempt: at.attempt(),
            round: at.round(),
            what,
        });
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            None => f.write_str("the saga ")?,
            Some(step) => write!(f, "`{step}` ")?,
        }
        f.write_str(&self.what)?;
        match (self.step, self.attempt, self.round) {
            (None, ..) | (Some(_), 0 | 1, 0) => Ok(()),
            (Some(_), attempt, 0) => write!(f, " (attempt {attempt})"),
            (Some(_), attempt, round) => write!(f, " (attempt {attempt} of round {round})"),
        }
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock()
            .recorded()
            .try_for_each(|recorded| writeln!(f, "{recorded}"))
    }
}
