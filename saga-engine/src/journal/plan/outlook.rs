//! The parts of a plan, and the words for them.

use crate::store::State;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::fmt;
use typed_saga_core::{definition::Text, kernel::Event, run::Node};

/// The calls that would run, in order, and how the saga would end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The calls.
    pub calls: Vec<Planned>,
    /// How the saga would end.
    #[serde(flatten)]
    pub end: Outlook,
}

/// One call or other act that would happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The path of the step.
    pub step: Text,
    /// The call.
    pub call: Act,
    /// Whether it depends on a condition whose value is not known now: the step's `when`, that of its
    /// arm or of an earlier one, or its savepoint's `if`.
    pub conditional: bool,
    /// Whether it is recorded as started.
    pub started: bool,
}

/// A call of a step, or something else that happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Its action is called.
    Action,
    /// Its `resolve` is called.
    Resolve,
    /// Its compensation is called.
    Compensation,
    /// Its fallback is called.
    Fallback,
    /// The saga starts again from this savepoint.
    Turn,
    /// It sleeps.
    Sleep,
    /// It takes its signal.
    Signal,
    /// It gets the keys of its lock.
    Lock,
}

/// How a plan ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// The saga would be in this state, and stop there.
    Ends(State),
    /// The plan ends here, because the rest depends on the answer of this step's `resolve`.
    Answer(Text),
    /// The saga would wait for this signal.
    Listens(Text),
}

/// An event for a kernel: that of the saga itself, or that of a child saga or an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The path of nodes to that child saga or item; empty for the saga itself.
    pub nodes: Vec<Node>,
    /// The event.
    pub event: Event,
}

impl From<Event> for Heard {
    fn from(event: Event) -> Self {
        let nodes = Vec::new();
        Self { nodes, event }
    }
}

impl Planned {
    /// A remark on it, for an operator.
    #[must_use]
    pub fn note(&self) -> String {
        let started = self.started.then_some("has been started");
        let notes = started.into_iter().chain(self.condition());
        notes.collect::<Vec<_>>().join(", ")
    }

    fn condition(&self) -> Option<&'static str> {
        self.conditional.then_some(match self.call {
            Act::Turn => "unless its `if` is false",
            _ => "unless its `when` skips it",
        })
    }
}

/// Serialized as three fields, one of which has a value, so that a program can read one field
/// without knowing the others.
impl Serialize for Outlook {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (then, depends_on, listens_for) = match self {
            Self::Ends(state) => (Some(state), None, None),
            Self::Answer(step) => (None, Some(step), None),
            Self::Listens(step) => (None, None, Some(step)),
        };
        let mut fields = to.serialize_struct("Outlook", 3)?;
        fields.serialize_field("then", &then)?;
        fields.serialize_field("depends_on", &depends_on)?;
        if let Some(signal) = listens_for {
            fields.serialize_field("listens_for", signal)?;
        }
        fields.end()
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
        write!(f, "`{}`: {}", self.step, self.call)?;
        if self.started {
            f.write_str(", which has been started")?;
        }
        self.condition()
            .map_or(Ok(()), |condition| write!(f, ", {condition}"))
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Action => "action",
            Self::Resolve => "resolve",
            Self::Compensation => "compensation",
            Self::Fallback => "fallback",
            Self::Turn => "try again from here",
            Self::Sleep => "sleep",
            Self::Signal => "signal",
            Self::Lock => "lock",
        })
    }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends(state) => write!(f, "then it is {state}"),
            Self::Listens(step) => write!(f, "then it waits for the signal `{step}`"),
            Self::Answer(step) => {
                write!(
                    f,
                    "what follows depends on the result of `resolve` of `{step}`"
                )
            }
        }
    }
}
