//! A path through a saga: the calls that go wrong, and how. A path that was written as text can be
//! walked again.

use super::{
    cast::{Cast, Part},
    fault::Fault,
};
use std::fmt;
use typed_saga_core::{CallKind, definition::Kind};

/// One call of a run: its step, its kind, and how many such calls came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Site {
    pub(super) step: u16,
    pub(super) call: CallKind,
    pub(super) nth: u32,
}

/// How often a call that fails "for good" fails: some sagas would retry forever.
const PATIENCE: u32 = 10;

/// The calls that go wrong, in the order in which they start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<(Site, Fault)>);

const CALLS: [(CallKind, &str); 4] = [
    (CallKind::Action, "action"),
    (CallKind::Resolve, "resolve"),
    (CallKind::Compensate, "compensate"),
    (CallKind::Fallback, "fallback"),
];

/// A call's name in a path.
pub(super) fn name(call: CallKind) -> &'static str {
    let named = CALLS.iter().find(|(kind, _)| *kind == call);
    named.map_or("when", |(_, name)| *name)
}

impl Path {
    /// This path with one more fault.
    pub(super) fn and(&self, site: Site, fault: Fault) -> Self {
        let mut path = self.clone();
        path.0.push((site, fault));
        path
    }

    /// The fault of a call, if any.
    pub(super) fn at(&self, site: Site) -> Option<Fault> {
        let hits = |(at, fault): &&(Site, Fault)| {
            let sticks = matches!(fault, Fault::FailsForGood(_))
                && (at.step, at.call) == (site.step, site.call)
                && (at.nth..at.nth + PATIENCE).contains(&site.nth);
            *at == site || sticks
        };
        let found = self.0.iter().rev().find(hits);
        found.map(|(_, fault)| *fault)
    }

    /// Reads a path.
    pub(super) fn read(text: &str, cast: &Cast) -> Result<Self, String> {
        let parts = text
            .split('+')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        parts
            .map(|part| read(part, cast))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The path as text that [`read`](Self::read) takes.
    pub(super) fn write(&self, cast: &Cast) -> String {
        let parts = self.0.iter().map(|(site, fault)| {
            let step = &cast.part(site.step).path;
            let (call, nth) = (name(site.call), site.nth + 1);
            format!("{step} {call} {nth} {fault}")
        });
        parts.collect::<Vec<_>>().join(" + ")
    }
}

fn read(part: &str, cast: &Cast) -> Result<(Site, Fault), String> {
    let words: Vec<_> = part.split_whitespace().collect();
    let [step, call, nth, fault] = words[..] else {
        return Err(format!("`{part}` is not step, call, number and fault"));
    };
    let call = CALLS.iter().find(|(_, name)| *name == call);
    let nth = nth.parse::<u32>().ok().and_then(|nth| nth.checked_sub(1));
    let site = Site {
        step: cast
            .find(step)
            .ok_or_else(|| format!("no step is called `{step}`"))?,
        call: call.ok_or_else(|| format!("no call in `{part}`"))?.0,
        nth: nth.ok_or_else(|| format!("no number from 1 in `{part}`"))?,
    };
    let fault: Fault = fault.parse()?;
    let kind = cast.part(site.step).declared.kind;
    if fault.is_of_signal() && kind != Kind::Signal {
        return Err(format!("`{step}` is no signal, which `{part}` says"));
    }
    Ok((site, fault))
}

/// A step's code, as a report names it.
pub(super) struct Code {
    step: String,
    kind: Kind,
    call: CallKind,
}

impl Code {
    pub(super) fn of(part: &Part, call: CallKind) -> Self {
        Self {
            step: part.path.clone(),
            kind: part.declared.kind,
            call,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, kind, call } = self;
        if *call == CallKind::Action && !kind.acts() {
            let word = kind.word();
            return write!(f, "the {word} `{step}`");
        }
        write!(f, "the {call} of `{step}`")
    }
}
