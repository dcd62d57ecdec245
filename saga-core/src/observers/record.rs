//! The whole story of a run, in order.

use super::{event::RunEvent, observer::Observer};
use crate::{context::Context, id::Id};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Records everything that happens. Clones share what they record, so one can be given to a run and
/// another asked afterwards; as text it is the whole story, a line for each thing that happened.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Vec<Recorded>>>);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The saga's id.
    pub id: Id,
    /// The step's name; `None` of the saga as a whole.
    pub step: Option<&'static str>,
    /// The action's latest attempt, from 1.
    pub attempt: u32,
    /// The step's round, from 0.
    pub round: u32,
    /// What happened, as a predicate: "is attempted".
    pub what: String,
}

impl Recording {
    /// What was recorded so far.
    #[must_use]
    pub fn so_far(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    /// The lines of the story so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lock().iter().map(ToString::to_string).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recording {
    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        let recorded = Recorded {
            id: at.id().clone(),
            step: Some(at.step()).filter(|step| !step.is_empty()),
            attempt: at.attempt(),
            round: at.round(),
            what: what.to_string(),
        };
        self.lock().push(recorded);
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
            .iter()
            .try_for_each(|recorded| writeln!(f, "{recorded}"))
    }
}
