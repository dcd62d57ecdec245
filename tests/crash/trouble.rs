//! Every single thing that can go wrong with a saga, derived from its declaration.

use crate::crash::{
    parts::{Part, parts},
    world::{Arrival, Oops},
};
use std::{fmt, time::Duration};
use typed_saga::definition::Definition;

/// What goes wrong in a run, apart from crashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble {
    /// Of which call (as in [`Act::mark`](crate::crash::ledger::Act::mark)) of which step: what, each time
    /// it is made.
    pub(crate) script: Vec<(char, &'static str, Vec<Oops>)>,
    /// It is cancelled when the call of this number begins.
    pub(crate) cancel: Option<usize>,
    /// It is cancelled at this time of the world's clock.
    pub(crate) cancel_at: Option<Duration>,
    /// Others need its keys, and one of them has one before it for so long.
    pub(crate) held: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) sent: Sent,
}

/// When the saga's signal is sent: each time until it has ended, as somebody does who does not know
/// whether he was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sent {
    /// As soon as there is a saga.
    #[default]
    AtOnce,
    /// From this time of the world's clock on.
    From(Duration),
    Never,
}

impl Trouble {
    fn with(mut self, mark: char, step: &Part, oops: impl Into<Vec<Oops>>) -> Self {
        self.script.push((mark, step.path, oops.into()));
        self
    }

    fn of(mark: char, step: &Part, oops: impl Into<Vec<Oops>>) -> Self {
        Self::default().with(mark, step, oops)
    }

    pub(crate) fn cancel(at: usize) -> Self {
        Self {
            cancel: Some(at),
            ..Self::default()
        }
    }

    pub(crate) fn deadline(after: Duration) -> Self {
        Self {
            deadline: Some(after),
            ..Self::default()
        }
    }

    pub(crate) fn sent(sent: Sent) -> Self {
        Self {
            sent,
            ..Self::default()
        }
    }

    /// The last step that can turn the saga back fails.
    pub(crate) fn turns_back(definition: &'static Definition) -> Self {
        let last = turning_point(definition);
        last.map_or_else(Self::default, |last| {
            Self::of('+', last, [Oops::Transient, Oops::Refused, Oops::Refused])
        })
    }

    /// Whether nothing goes wrong.
    pub(crate) fn is_none(&self) -> bool {
        let sent = self.sent != Sent::Never;
        let cancelled = self.cancel.is_some() || self.cancel_at.is_some();
        self.script.is_empty() && !cancelled && self.deadline.is_none() && sent
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            f.write_str("no trouble")?;
        }
        for (mark, step, oops) in &self.script {
            write!(f, "{mark}{step} {oops:?} ")?;
        }
        if let Some(call) = self.cancel {
            write!(f, "cancelled at call {call}")?;
        }
        if let Some(deadline) = self.deadline {
            write!(f, "deadline {deadline:?}")?;
        }
        if let Some(at) = self.cancel_at {
            write!(f, "cancelled at {at:?}")?;
        }
        if let Some(held) = self.held {
            write!(f, "a key is held for {held:?}")?;
        }
        if self.sent != Sent::AtOnce {
            write!(f, "signal sent {:?}", self.sent)?;
        }
        Ok(())
    }
}

/// The faults that crashes and outages are combined with: all of them, or else none and the one that
/// has the saga compensate.
pub(crate) fn faults(definition: &'static Definition) -> Vec<Trouble> {
    if saga_tests::is_exhaustive() {
        return troubles(definition);
    }
    vec![Trouble::default(), Trouble::turns_back(definition)]
}

/// All of them: none, each thing that can go wrong with an action, and with what follows from that.
fn troubles(definition: &'static Definition) -> Vec<Trouble> {
    use Arrival::{Before, Late, Never};
    use Oops::{Panic, Refused, Silent, Transient, Unknown};
    let mut all = vec![Trouble::default()];
    for step in parts(definition).iter().filter(|part| part.is_called()) {
        for oops in [
            vec![Refused],
            vec![Transient],
            vec![Unknown(Never)],
            vec![Unknown(Before)],
            vec![Unknown(Late)],
            vec![Silent(Never)],
            vec![Silent(Late)],
            vec![Panic(Before)],
            vec![Transient, Refused],
            vec![Transient; 5],
        ] {
            all.push(Trouble::of('+', step, oops));
        }
        if step.step.idempotent {
            all.push(Trouble::of('+', step, [Unknown(Late), Refused]));
        }
        if step.step.resolve.is_some() {
            for doubt in [Unknown(Never), Silent(Late)] {
                for oops in [
                    vec![Unknown(Never)],
                    vec![Panic(Never)],
                    vec![Silent(Never); 2],
                ] {
                    all.push(Trouble::of('+', step, [doubt]).with('?', step, oops));
                }
            }
        }
        if let Some(last) = turning_point(definition).filter(|_| step.is_undone()) {
            for oops in [
                vec![Unknown(Before)],
                vec![Silent(Late)],
                vec![Panic(Never); 2],
                vec![Unknown(Late); 2],
            ] {
                // On the way back from a failure behind it; or while it settles the doubt of its
                // own step.
                all.push(Trouble::of('+', last, [Refused; 5]).with('-', step, oops.clone()));
                all.push(Trouble::of('+', step, [Unknown(Before)]).with('-', step, oops));
            }
        }
    }
    all
}

/// The last step whose failure turns the saga back.
fn turning_point(definition: &'static Definition) -> Option<&'static Part> {
    let pivot = definition
        .pivot
        .map(|pivot| &definition.steps[usize::from(pivot)]);
    let parts = parts(definition);
    let pivot = parts
        .iter()
        .position(|part| pivot.is_some_and(|pivot| part.path == pivot.name));
    let until = pivot.map_or(parts.len(), |pivot| pivot + 1);
    let turns = |part: &&Part| part.changes() && part.step.fallback.is_none();
    parts[..until].iter().rev().find(turns)
}
