//! What a plan consists of, and its words.

use saga_core::{
    definition::Text,
    kernel::{End, Event},
    run::Node,
};
use std::fmt;

/// What would run, in order, and what it would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What would run.
    pub calls: Vec<Planned>,
    /// What it would come to.
    pub end: Outlook,
}

/// One thing that would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Of which step: its path.
    pub step: Text,
    /// What.
    pub what: Act,
    /// Whether it would be done only if a condition agrees that is not known now: the step's `when`, or its savepoint's `if`.
    pub conditional: bool,
    /// Whether it has been started, on record.
    pub started: bool,
}

/// What is done with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Its action is called.
    Action,
    /// Its `resolve` is asked.
    Resolve,
    /// Its compensation is called.
    Compensation,
    /// Its fallback is called.
    Fallback,
    /// The saga turns forward again there.
    Turn,
    /// It sleeps.
    Sleep,
    /// It takes its signal.
    Signal,
}

/// What a plan comes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// The saga would end so.
    Ends(End),
    /// What follows depends on the answer of this step's `resolve`.
    Answer(Text),
    /// It would listen for this signal.
    Listens(Text),
}

/// What a kernel hears: that of the saga itself, or of a run that is part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Where that run is; empty: it is the saga itself.
    pub nodes: Vec<Node>,
    /// What it hears.
    pub event: Event,
}

impl From<Event> for Heard {
    fn from(event: Event) -> Self {
        let nodes = Vec::new();
        Self { nodes, event }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for call in &self.calls {
            writeln!(f, "{call}")?;
        }
        self.end.fmt(f)
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.step, self.what)?;
        if self.started {
            f.write_str(", which has been started")?;
        }
        match (self.conditional, self.what) {
            (false, _) => Ok(()),
            (true, Act::Turn) => f.write_str(", unless its `if` says no"),
            (true, _) => f.write_str(", unless its `when` says no"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Action => "action",
            Self::Resolve => "resolve",
            Self::Compensation => "compensation",
            Self::Fallback => "fallback",
            Self::Turn => "turn forward again",
            Self::Sleep => "sleep",
            Self::Signal => "signal",
        })
    }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(End::Completed) => f.write_str("then it is completed"),
            Self::Ends(End::Compensated) => f.write_str("then it is compensated"),
            Self::Ends(End::Parked) => f.write_str("then it is parked"),
            Self::Listens(step) => write!(f, "then it listens for `{step}`"),
            Self::Answer(step) => {
                write!(
                    f,
                    "what follows depends on the answer of `resolve` of `{step}`"
                )
            }
        }
    }
}
