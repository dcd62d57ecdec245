//! Whether a saga that began under one version of its definition can go on under another.

use std::fmt;

use saga_core::{
    Definition,
    definition::{Compensation, Kind, Step},
};
use thiserror::Error;

/// What keeps a saga that began under one version of its definition from going on under another.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "`step` is the step's name in records, `was` and `is` what the two versions say of it"
)]
pub enum Difference {
    /// The saga has come to a step that is not there any more.
    #[error("step `{step}` is not there any more")]
    Gone { step: &'static str },
    /// A step is new before one that the saga has come to.
    #[error("step `{step}` is new before `{before}`, which the saga has come to")]
    New {
        step: &'static str,
        before: &'static str,
    },
    /// Two steps have changed places: the saga may have done them in the order of before.
    #[error("`{step}` was before `{behind}`, and is behind it")]
    Moved {
        step: &'static str,
        behind: &'static str,
    },
    /// It promises something else: a `read`, a `step`, a `pivot`.
    #[error("`{step}` was a {}, and is a {}", word(*was), word(*is))]
    Kind {
        step: &'static str,
        was: Kind,
        is: Kind,
    },
    /// It runs beside other steps than before: the siblings of its block, itself included; none, if it is in no block.
    #[error("`{step}` was {}, and is {}", beside(step, was), beside(step, is))]
    Block {
        step: &'static str,
        was: Vec<&'static str>,
        is: Vec<&'static str>,
    },
    /// Its effect has another type, as written.
    #[error("the effect of `{step}` was `{was}`, and is `{is}`")]
    Effect {
        step: &'static str,
        was: &'static str,
        is: &'static str,
    },
    /// It is undone in another way.
    #[error("`{step}` had {was}, and has {is}")]
    Compensation {
        step: &'static str,
        was: Undo,
        is: Undo,
    },
    /// Its compensation reads something else.
    #[error(
        "the compensation of `{step}` read {}, and reads {}",
        list(was),
        list(is)
    )]
    Reads {
        step: &'static str,
        was: &'static [&'static str],
        is: &'static [&'static str],
    },
    /// It had a `resolve` and has none, or (`is`) the other way round.
    #[error("`{step}` {}", if *is { "had no `resolve`, and has one" } else { "had a `resolve`, and has none" })]
    Resolve { step: &'static str, is: bool },
}

/// How a step is undone, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undo {
    /// It says nothing.
    Absent,
    /// `compensate none`.
    None,
    /// `compensate(…)`.
    Declared,
    /// `#[by_key] compensate(…)`.
    ByKey,
}

/// What keeps a saga that is on record under `old` from going on under `new`; `touched` says whether anything is on record of a step of `old`.
///
/// All steps up to the last one of which something is on record, with the whole of its block, must be in `new` at the same places: with the
/// same name in records, kind, block, effect type, way to be undone, reads of the compensation, and a `resolve` or none. (So the pivot stays
/// where it is, if the saga may have come to it.) What follows may differ in everything, as may bodies, policies and docs.
#[must_use]
pub fn difference(
    old: &Definition,
    new: &Definition,
    touched: &dyn Fn(u16) -> bool,
) -> Option<Difference> {
    (0..prefix(old, touched)).find_map(|place| at(old, new, place))
}

/// How many steps must be the same.
pub(super) fn prefix(old: &Definition, touched: &dyn Fn(u16) -> bool) -> usize {
    let reached = (0..).zip(old.steps).filter(|(place, _)| touched(*place));
    let last = reached.last().map(|(place, step)| {
        step.group
            .map_or(place + 1, |group| group.first + group.len)
    });
    last.map_or(0, usize::from)
}

/// All places before this one are the same.
fn at(old: &Definition, new: &Definition, place: usize) -> Option<Difference> {
    let was = &old.steps[place];
    match new.steps.get(place) {
        Some(is) if is.name == was.name => [kind, block, effect, compensation, reads, resolve]
            .iter()
            .find_map(|rule| rule(Versions { old, was, new, is })),
        other => Some(misplaced(old, was, new, other)),
    }
}

fn misplaced(old: &Definition, was: &Step, new: &Definition, is: Option<&Step>) -> Difference {
    let has = |definition: &Definition, name| definition.steps.iter().any(|step| step.name == name);
    let step = was.name;
    match is {
        Some(is) if has(new, step) && has(old, is.name) => Difference::Moved {
            step,
            behind: is.name,
        },
        Some(is) if has(new, step) => Difference::New {
            step: is.name,
            before: step,
        },
        _ => Difference::Gone { step },
    }
}

/// A step in both versions.
#[derive(Clone, Copy)]
struct Versions<'a> {
    old: &'a Definition,
    was: &'a Step,
    new: &'a Definition,
    is: &'a Step,
}

fn kind(Versions { was, is, .. }: Versions<'_>) -> Option<Difference> {
    (was.kind != is.kind).then_some(Difference::Kind {
        step: was.name,
        was: was.kind,
        is: is.kind,
    })
}

fn block(Versions { old, was, new, is }: Versions<'_>) -> Option<Difference> {
    (was.group != is.group).then(|| Difference::Block {
        step: was.name,
        was: siblings(old, was),
        is: siblings(new, is),
    })
}

fn siblings(definition: &Definition, step: &Step) -> Vec<&'static str> {
    let siblings = definition.steps.iter();
    siblings
        .filter(|sibling| step.group.is_some() && sibling.group == step.group)
        .map(|sibling| sibling.name)
        .collect()
}

fn effect(Versions { was, is, .. }: Versions<'_>) -> Option<Difference> {
    (was.effect != is.effect).then_some(Difference::Effect {
        step: was.name,
        was: was.effect,
        is: is.effect,
    })
}

fn compensation(Versions { was, is, .. }: Versions<'_>) -> Option<Difference> {
    let (step, was, is) = (was.name, undo(was), undo(is));
    (was != is).then_some(Difference::Compensation { step, was, is })
}

fn undo(step: &Step) -> Undo {
    match step.compensation {
        Compensation::Absent => Undo::Absent,
        Compensation::None => Undo::None,
        Compensation::Declared { by_key: false, .. } => Undo::Declared,
        Compensation::Declared { by_key: true, .. } => Undo::ByKey,
    }
}

fn reads(Versions { old, was, new, is }: Versions<'_>) -> Option<Difference> {
    let (was_read, is_read) = (undo_reads(was), undo_reads(is));
    let gone = Reads::only(old, was_read, is_read);
    let added = Reads::only(new, is_read, was_read);
    (!gone.is_renamed_to(&added)).then_some(Difference::Reads {
        step: was.name,
        was: was_read,
        is: is_read,
    })
}

fn undo_reads(step: &Step) -> &'static [&'static str] {
    match step.compensation {
        Compensation::Declared { call, .. } => call.reads,
        Compensation::Absent | Compensation::None => &[],
    }
}

/// What one version reads and the other does not.
///
/// Reads are identifiers. A step whose identifier is not its name in records is read under an identifier that the definition does not connect
/// with it; that is what makes a renaming no difference.
struct Reads {
    /// Steps, by their names in records.
    steps: usize,
    /// Steps whose identifier is another than their name.
    renamed: usize,
    /// Inputs, services, `key` and the like.
    others: usize,
}

impl Reads {
    fn only(definition: &Definition, reads: &[&str], without: &[&str]) -> Self {
        let is_step = |name| definition.steps.iter().any(|step| step.name == name);
        let fields = || definition.inputs.iter().chain(definition.services);
        let is_other = |name| {
            ["key", "ctx", "failure"].contains(&name) || fields().any(|field| field.name == name)
        };
        let mut only = Self {
            steps: 0,
            renamed: 0,
            others: 0,
        };
        for &read in reads.iter().filter(|read| !without.contains(read)) {
            *if is_other(read) {
                &mut only.others
            } else if is_step(read) {
                &mut only.steps
            } else {
                &mut only.renamed
            } += 1;
        }
        only
    }

    /// Whether they are the same things under other identifiers.
    fn is_renamed_to(&self, to: &Self) -> bool {
        let same_number = self.steps + self.renamed == to.steps + to.renamed;
        let no_others = self.others == 0 && to.others == 0;
        no_others && same_number && self.steps <= to.renamed && to.steps <= self.renamed
    }
}

fn resolve(Versions { was, is, .. }: Versions<'_>) -> Option<Difference> {
    (was.resolve.is_some() != is.resolve.is_some()).then_some(Difference::Resolve {
        step: was.name,
        is: is.resolve.is_some(),
    })
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Read => "read",
        Kind::Step => "step",
        Kind::Pivot => "pivot",
    }
}

fn beside(step: &str, block: &[&str]) -> String {
    let others: Vec<_> = block.iter().copied().filter(|each| *each != step).collect();
    if others.is_empty() {
        return "in no block".to_owned();
    }
    format!("in a block with {}", list(&others))
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "no compensation",
            Self::None => "`compensate none`",
            Self::Declared => "a compensation",
            Self::ByKey => "a compensation `#[by_key]`",
        })
    }
}
